import type { Analysis, ParserSettings } from '../classify/analysis.ts';
import type { ColumnDefinition } from '../codec/columns.ts';
import type { ParameterType } from '../codec/statements.ts';
import type { RowPlan } from './row-plan.ts';
import type { Run } from './run.ts';

/** A value that came in pieces, before the command that uses it. */
interface LongValue {
  readonly parts: Buffer[];
  /** The client's packets, for the target. */
  readonly packets: Buffer[];
  bytes: number;
}

/** What a prepared statement's id stands for. */
export interface Statement {
  readonly id: number;
  readonly text: string;
  readonly analysis: Analysis;
  /** How the text was read: under others it may mean something else. */
  readonly settings: ParserSettings;
  readonly parameters: number;
  /** As the last execution gave them: a client need not repeat them. */
  types: readonly ParameterType[];
  readonly long: Map<number, LongValue>;
  /** Of the result whose cursor is open. */
  columns: readonly ColumnDefinition[];
  plan: RowPlan | undefined;
  /** The command whose rows come by COM_STMT_FETCH. */
  cursor: Run | undefined;
}
