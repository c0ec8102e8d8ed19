import { createHash } from 'node:crypto';
import type { Gate, Hold } from '@sallyport/core';
import type { StatementAnalysis } from '../classify/analysis.ts';
import { decodeCopyData } from '../codec/copy.ts';
import type { SessionContext } from './session-context.ts';

const NEWLINE = 10;

/** An approval that is asked for when it is known what would be stored. */
export interface HeldCopy {
  readonly hold: Hold;
  readonly context: SessionContext;
}

/** The data of a COPY FROM STDIN on its way to the target. */
export class CopyIn {
  /** `awaited`: the target has not asked for data yet. `ended`: the client has sent CopyDone or CopyFail. */
  state: 'awaited' | 'open' | 'ended' = 'awaited';
  /** Asked about at CopyDone. Until then the target keeps the rows uncommitted. */
  readonly held: HeldCopy | undefined;
  readonly #gate: Pick<Gate, 'record'>;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #lines = 0;

  constructor(gate: Pick<Gate, 'record'>, held?: HeldCopy) {
    this.#gate = gate;
    this.held = held;
  }

  /** Records data before it is forwarded. @param first `raw` begins with the message's header. */
  data(raw: Buffer, first: boolean): void {
    this.#gate.record('client', raw);
    const bytes = first ? decodeCopyData(raw) : raw;
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) this.#lines += 1;
  }

  /** What an approver sees of the data. Lines are rows in text format, and nearly so in CSV. Call once. */
  facts(): Record<string, string> {
    return { copy_lines: String(this.#lines), copy_bytes: String(this.#bytes), copy_sha256: this.#hash.digest('hex') };
  }
}

/** The data that the statements of a command will take, in their order. @param held an approval is asked for at the end of the only one */
export function copiesOf(statements: readonly StatementAnalysis[], gate: Pick<Gate, 'record'>, held?: HeldCopy): readonly CopyIn[] {
  return statements.filter(({ copy }) => copy?.direction === 'in').map(() => new CopyIn(gate, held));
}
