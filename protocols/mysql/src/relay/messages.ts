import type { MyFrame } from '../codec/frames.ts';

/** A command is judged as a whole, so it is kept as a whole: a bound for what one session may make us keep. */
export const MAX_COMMAND_BYTES = 64 * 1024 * 1024;

/** One message of the client, put together. */
export interface Message {
  /** Without headers. Only the beginning of one that was too large to be kept. */
  readonly payload: Buffer;
  /** The packets as they came. */
  readonly raw: readonly Buffer[];
  /** Number of the packet that answers it. */
  readonly sequence: number;
  readonly tooLarge: boolean;
}

/** Puts the client's messages together. */
export class Messages {
  #raw: Buffer[] = [];
  #payload: Buffer[] = [];
  #bytes = 0;

  /** @returns undefined while parts are missing. */
  take(frame: MyFrame): Message | undefined {
    const sequence = (frame.sequence + 1) & 0xff;
    if (frame.first && frame.last) return { payload: frame.payload, raw: [frame.raw], sequence, tooLarge: false };
    this.#bytes += frame.payload.length;
    if (this.#bytes <= MAX_COMMAND_BYTES) {
      this.#raw.push(frame.raw);
      this.#payload.push(frame.payload);
    } else {
      this.#raw = [];
      this.#payload = this.#payload.slice(0, 1);
    }
    if (!frame.last) return undefined;
    const tooLarge = this.#bytes > MAX_COMMAND_BYTES;
    const message = { payload: tooLarge ? (this.#payload[0] as Buffer) : Buffer.concat(this.#payload), raw: this.#raw, sequence, tooLarge };
    this.#raw = [];
    this.#payload = [];
    this.#bytes = 0;
    return message;
  }
}
