import { createHash } from 'node:crypto';
import type { Gate } from '@sallyport/core';
import { encodeChannelMessage, encodeOutput } from './channel-message.ts';

/**
 * The output of one session's channels, recorded up to a bound. What goes beyond it still reaches the
 * client: it is counted and digested, and an event says from where on.
 */
export class OutputRecord {
  readonly #gate: Pick<Gate, 'record' | 'note'>;
  readonly #most: number;
  readonly #digest = createHash('sha256');
  #recorded = 0;
  #beyond = 0;

  /** @param most bytes that are recorded. */
  constructor(gate: Pick<Gate, 'record' | 'note'>, most: number) {
    this.#gate = gate;
    this.#most = most;
  }

  /** @param late how long ago the client saw it, in milliseconds. */
  write(channel: number, stream: 'stdout' | 'stderr', data: Buffer, late = 0): void {
    const fits = data.subarray(0, this.#most - this.#recorded);
    this.#recorded += fits.length;
    if (fits.length > 0) {
      const message = encodeOutput(stream === 'stderr' ? 'stderr' : 'data', channel, fits);
      const before = late > 0 ? [encodeChannelMessage({ type: 'late', channel, milliseconds: late })] : [];
      this.#gate.record('target', before.length > 0 ? Buffer.concat([...before, message]) : message);
    }
    if (fits.length < data.length) this.#count(channel, data.subarray(fits.length));
  }

  /** Tells how much was not recorded. Call it once, when the session ends. */
  end(): void {
    if (this.#beyond > 0) this.#gate.note({ type: 'output-dropped', bytes: this.#beyond, sha256: this.#digest.digest('hex') });
  }

  #count(channel: number, data: Buffer): void {
    if (this.#beyond === 0) this.#gate.note({ type: 'output-limit', channel, recorded: this.#recorded });
    this.#beyond += data.length;
    this.#digest.update(data);
  }
}
