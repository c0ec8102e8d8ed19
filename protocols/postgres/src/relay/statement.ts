import type { Analysis } from '../classify/analysis.ts';
import type { Field } from '../codec/rows.ts';
import type { Denial } from './denial.ts';
import type { Run } from './run.ts';

/** What a prepared statement's name stands for, made by Parse or by PREPARE. */
export interface Statement {
  readonly text: string;
  readonly analysis: Analysis;
  /** OIDs as Parse gave them, then as the target described them; 0 or missing is not known. */
  parameterTypes: readonly number[];
}

/** Parameter values of a Bind. */
export interface BoundValues {
  readonly formats: readonly number[];
  /** Views of the Bind message. null is SQL NULL. */
  readonly values: readonly (Buffer | null)[];
  readonly resultFormats: readonly number[];
}

/** What a portal's name stands for, made by Bind or by DECLARE CURSOR. */
export interface Portal {
  /** undefined: bound to a statement that the gateway does not know. It will not run. */
  readonly statement: Statement | undefined;
  /** A cursor may outlive its transaction. */
  readonly cursor: boolean;
  /** Bytes of its Bind message that are kept until it is judged. */
  readonly size: number;
  /** What policy was asked about; given back once it was. */
  bound?: BoundValues | undefined;
  /** The Bind message, for binding again behind an approval; given back likewise. */
  bind?: Buffer | undefined;
  /** Set by the first Execute: its later ones belong to the same command. */
  run?: Run;
  denial?: Denial;
  /** A portal-Describe is on its way or was answered. */
  described: boolean;
  /** Its answer; an empty list where the portal returns no rows. */
  fields?: readonly Field[];
}
