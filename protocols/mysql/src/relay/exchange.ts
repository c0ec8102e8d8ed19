import type { ColumnDefinition } from '../codec/columns.ts';
import type { RowPlan } from './row-plan.ts';
import type { Run } from './run.ts';
import type { Statement } from './statement.ts';

/** What a command's answer looks like. */
export type ExchangeKind =
  | 'status' // OK, EOF or ERR
  | 'text' // one packet of text, or ERR
  | 'fields' // column definitions up to an EOF
  | 'query' // results with text rows, or OK
  | 'execute' // results with binary rows, or OK
  | 'fetch' // rows of a cursor
  | 'prepare'; // a statement's id, its parameters and its columns

/** Takes the answer to a question that the gateway itself asks on the session's connection. */
interface OwnQuery {
  /** @param collation of its texts */
  row(cells: readonly (string | null)[], collation: number): void;
  done(answered: boolean): void;
}

/** What an answer is begun with. */
export interface ExchangeStart {
  readonly kind: ExchangeKind;
  /** The command's first bytes, by which a recording's reader tells what the answer is. Not for own questions. */
  readonly command?: Buffer;
  readonly run?: Run | undefined;
  /** The gateway's own: the client sees nothing of the answer. */
  readonly own?: OwnQuery;
  readonly statement?: Statement;
  /** Number of the answer's first packet. */
  readonly sequence: number;
  /** Its errors may quote protected values. */
  readonly exposed: boolean;
  /** The command has done what it should. */
  confirmed?(): void;
}

/**
 * The answer that the target owes; there is never more than one.
 *
 * `answer` → `definitions` (→ `definitionsEnd`, without DEPRECATE_EOF) → `rows` → `answer` again while more results follow.
 */
export class Exchange {
  readonly start: ExchangeStart;
  phase: 'answer' | 'definitions' | 'definitionsEnd' | 'rows';
  /** Number of the next packet to the client. */
  sequence: number;
  /** Definitions that are still to come, in this list and in the one behind it. */
  missing = 0;
  following = 0;
  columns: ColumnDefinition[] = [];
  plan: RowPlan | undefined;
  /** Results that are over. */
  results = 0;
  /** The client has its answer: what the target still says is dropped. */
  muted = false;

  constructor(start: ExchangeStart) {
    this.start = start;
    this.sequence = start.sequence;
    this.phase = start.kind === 'fetch' ? 'rows' : start.kind === 'fields' ? 'definitions' : 'answer';
    if (start.kind === 'fetch' && start.statement !== undefined) {
      this.columns = [...start.statement.columns];
      this.plan = start.statement.plan;
    }
  }

  get silent(): boolean {
    return this.muted || this.start.own !== undefined;
  }
}
