import { createHash } from 'node:crypto';
import type { Gate, Hold, TextStream } from '@sallyport/core';
import { decodeCopyData, encodeCopyData } from '../codec/copy.ts';
import { CopiedMasks } from './copied-masks.ts';
import type { Denial } from './denial.ts';
import type { Meaning } from './meaning.ts';
import type { Protection } from './protection.ts';
import type { SessionContext } from './session-context.ts';

const NEWLINE = 10;

/** An approval that is asked for when it is known what would be stored. */
export interface HeldCopy {
  readonly hold: Hold;
  readonly context: SessionContext;
}

type CopyGate = Pick<Gate, 'record' | 'note' | 'fingerprint' | 'textMask' | 'isMask'>;

/** What decides about the data of a COPY. */
interface CopyInOptions {
  /** It is stored in protected data: recorded by its digest. */
  readonly sealed: boolean;
  /** Looks for masks that would be stored. */
  readonly masks: CopiedMasks | undefined;
  readonly held: HeldCopy | undefined;
}

/** The data of a COPY FROM STDIN on its way to the target. */
export class CopyIn {
  /** `awaited`: the target has not asked for data yet. `ended`: the client has sent CopyDone or CopyFail. */
  state: 'awaited' | 'open' | 'ended' = 'awaited';
  /** Asked about at CopyDone. Until then the target keeps the rows uncommitted. */
  readonly held: HeldCopy | undefined;
  /** Set when the target was told to give it up: its error is ours. */
  denial: Denial | undefined;
  readonly #gate: CopyGate;
  readonly #sealed: boolean;
  readonly #masks: CopiedMasks | undefined;
  /** What is recorded of the rest does not hold what is sensitive by its form. The last bytes wait for the end. */
  readonly #searched: TextStream | undefined;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #lines = 0;

  constructor(gate: CopyGate, { sealed, masks, held }: CopyInOptions) {
    this.#gate = gate;
    this.#sealed = sealed;
    this.#masks = masks;
    this.held = held;
    this.#searched = gate.textMask?.stream(() => undefined);
  }

  /** Records data before it is forwarded. @param first `raw` begins with the message's header. */
  data(raw: Buffer, first: boolean): void {
    if (!this.#sealed && this.#searched === undefined) this.#gate.record('client', raw);
    const bytes = first ? decodeCopyData(raw) : raw;
    if (!this.#sealed && this.#searched !== undefined) this.#record(this.#searched.push(bytes));
    this.#masks?.push(bytes);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) this.#lines += 1;
  }

  /** The client has sent all of it: recorded before the target learns so. */
  end(): void {
    this.state = 'ended';
    this.#masks?.end();
    if (!this.#sealed && this.#searched !== undefined) this.#record(this.#searched.flush());
    if (this.#sealed) this.#gate.note({ type: 'copy_data', lines: this.#lines, bytes: this.#bytes, digest: this.#digest() });
  }

  /** A mask was among the data. */
  get carriesMask(): boolean {
    return this.#masks?.found ?? false;
  }

  /** The data may not be told from its digest by guessing. */
  get #guarded(): boolean {
    return this.#sealed || this.#searched !== undefined;
  }

  #record(bytes: Buffer): void {
    if (bytes.length > 0) this.#gate.record('client', encodeCopyData(bytes));
  }

  /** What an approver sees of the data. Lines are rows in text format, and nearly so in CSV. */
  facts(): Record<string, string> {
    const digest = this.#digest();
    return {
      copy_lines: String(this.#lines),
      copy_bytes: String(this.#bytes),
      ...(this.#guarded ? { copy_hmac: digest } : { copy_sha256: digest }),
    };
  }

  /** Keyed where the data is protected: few values can be guessed by their hash. */
  #digest(): string {
    const hash = this.#hash.copy().digest('hex');
    return this.#guarded ? this.#gate.fingerprint('copy', hash) : hash;
  }
}

/** The data that the statements of a command will take, in their order. @param held an approval is asked for at the end of the only one */
export function copiesOf({ statements }: Meaning, gate: CopyGate, protection: Protection, held?: HeldCopy): readonly CopyIn[] {
  return statements.flatMap(({ analysis: { copy }, exposed }) => {
    if (copy?.direction !== 'in') return [];
    return new CopyIn(gate, { sealed: exposed, masks: protection.blind ? undefined : new CopiedMasks(gate, copy.format), held });
  });
}
