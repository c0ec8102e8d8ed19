import { type Decoder, type Frame, ProtocolError, type Side } from '@sallyport/core';

/** The longest pkt-line, its four digits of length included. */
export const MAX_PKT_LINE = 65_520;

const LENGTH_DIGITS = 4;

/** What a pkt-line is: a line of data, or one of the three marks that have no data. */
type PktLineType = 'data' | 'flush' | 'delimiter' | 'response-end';

const MARKS: readonly PktLineType[] = ['flush', 'delimiter', 'response-end'];

/**
 * One pkt-line: four hexadecimal digits of length, which count themselves, then the data.
 * `0000`, `0001` and `0002` are marks. It is never cut: `first` and `last` are both true.
 *
 * @see https://git-scm.com/docs/gitprotocol-common
 */
export interface PktLine extends Frame {
  readonly type: PktLineType;
  /** The data as it came, a trailing line feed included. Empty for marks. */
  readonly payload: Buffer;
}

/**
 * Cuts git's streams into pkt-lines. Frames come lazily: who stops taking them, because something
 * else than pkt-lines follows, finds the bytes that were not taken in {@link rest}.
 *
 * @throws ProtocolError for a length that no pkt-line has.
 */
export class PktLineDecoder implements Decoder<PktLine> {
  readonly #side: Side;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(side: Side) {
    this.#side = side;
  }

  *push(chunk: Buffer): Generator<PktLine> {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    for (let line = this.#next(); line !== undefined; line = this.#next()) yield line;
  }

  /** What was pushed and not taken; the decoder is empty afterwards. */
  rest(): Buffer {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest;
  }

  #next(): PktLine | undefined {
    if (this.#bytes.length < LENGTH_DIGITS) return undefined;
    const length = this.#length();
    const end = Math.max(length, LENGTH_DIGITS);
    if (this.#bytes.length < end) return undefined;
    const raw = this.#bytes.subarray(0, end);
    this.#bytes = this.#bytes.subarray(end);
    return { raw, first: true, last: true, type: MARKS[length] ?? 'data', payload: raw.subarray(LENGTH_DIGITS) };
  }

  #length(): number {
    const digits = this.#bytes.toString('latin1', 0, LENGTH_DIGITS);
    const length = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    if (length === 3 || !(length <= MAX_PKT_LINE)) {
      throw new ProtocolError(this.#side, `A pkt-line of git cannot begin with ${JSON.stringify(digits)}.`);
    }
    return length;
  }
}

export const FLUSH: Buffer = Buffer.from('0000');
export const DELIMITER: Buffer = Buffer.from('0001');

/** @throws RangeError for data above {@link MAX_PKT_LINE}: a caller's fault, since callers cut. */
export function pktLine(data: Buffer | string): Buffer {
  const payload = typeof data === 'string' ? Buffer.from(data) : data;
  const length = payload.length + LENGTH_DIGITS;
  if (length > MAX_PKT_LINE) throw new RangeError(`A pkt-line holds ${MAX_PKT_LINE - LENGTH_DIGITS} bytes at most, not ${payload.length}.`);
  return Buffer.concat([Buffer.from(length.toString(16).padStart(LENGTH_DIGITS, '0')), payload]);
}

/** A line's text without the line feed that may end it. */
export function lineText(line: PktLine): string {
  const { payload } = line;
  return payload.toString('utf8', 0, payload.at(-1) === 0x0a ? payload.length - 1 : payload.length);
}
