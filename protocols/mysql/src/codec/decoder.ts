import { type Decoder, PART_BYTES, ProtocolError, type Side } from '@sallyport/core';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES, type MyFrame, packetEnd } from './frames.ts';

/** No server takes or sends more: the largest `max_allowed_packet`. */
const MAX_MESSAGE_BYTES = 2 ** 30;

export interface DecoderOptions {
  /** Gives messages that lie wholly in a chunk, one behind the other, as one frame: see {@link Frame.messages}. */
  readonly runs?: boolean;
}

/** Cuts either side's bytes into packets. @throws ProtocolError of that side */
export function packetDecoder(side: Side, { runs = false }: DecoderOptions = {}): Decoder<MyFrame> {
  return new PacketDecoder(side, runs);
}

/**
 * A packet that lies wholly in a chunk becomes a view of it; only one that straddles chunks is copied. One above
 * PART_BYTES comes in parts of exactly that size and a rest. How the stream was split shows in nothing but the length of runs.
 */
class PacketDecoder implements Decoder<MyFrame> {
  readonly #side: Side;
  readonly #runs: boolean;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** The straddling packet: its sequence number and payload, and how much of it is still to come into parts. */
  #sequence = 0;
  #size = 0;
  #rest = 0;
  #part: Buffer | undefined;
  #partBytes = 0;
  /** Payload of the message's packets so far. 0: the next packet begins a message. */
  #message = 0;
  #error: ProtocolError | undefined;

  constructor(side: Side, runs: boolean) {
    this.#side = side;
    this.#runs = runs;
  }

  push(chunk: Buffer): Iterable<MyFrame> {
    const frames: MyFrame[] = [];
    // The frames before a broken one come all the same, wherever the chunk began: hence the error waits for its turn.
    if (this.#error === undefined) {
      try {
        this.#walk(chunk, frames);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#error = error;
      }
    }
    return this.#error === undefined ? frames : thenThrow(frames, this.#error);
  }

  #walk(chunk: Buffer, frames: MyFrame[]): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#part !== undefined) {
        const taken = chunk.copy(this.#part, this.#partBytes, at);
        at += taken;
        this.#partBytes += taken;
        if (this.#partBytes === this.#part.length) frames.push(this.#closePart(this.#part));
      } else if (this.#headerBytes > 0 || chunk.length - at < HEADER_BYTES) {
        const taken = chunk.copy(this.#header, this.#headerBytes, at);
        at += taken;
        this.#headerBytes += taken;
        if (this.#headerBytes < HEADER_BYTES) continue;
        this.#headerBytes = 0;
        const part = this.#open(this.#header, 0);
        this.#header.copy(part);
        this.#partBytes = HEADER_BYTES;
        if (this.#size === 0) frames.push(this.#closePart(part));
      } else {
        const end = packetEnd(chunk, at);
        if (!liesWhole(chunk, at, end)) this.#open(chunk, at);
        else if (this.#runs && this.#message === 0) at = this.#takeRun(chunk, at, frames);
        else {
          frames.push(this.#whole(chunk.subarray(at, end)));
          at = end;
        }
      }
    }
  }

  /** The message at `from` and those behind it that lie wholly in the chunk: whoever knows what they are walks them again. */
  #takeRun(chunk: Buffer, from: number, frames: MyFrame[]): number {
    let [at, messages] = [from, 0];
    while (chunk.length - at >= HEADER_BYTES) {
      const end = packetEnd(chunk, at);
      if (!liesWhole(chunk, at, end)) break;
      at = end;
      messages += 1;
    }
    const raw = chunk.subarray(from, at);
    const payload = raw.subarray(HEADER_BYTES);
    frames.push({ raw, first: true, last: true, sequence: raw[3] as number, header: true, payload, size: payload.length, messages });
    return at;
  }

  #whole(raw: Buffer): MyFrame {
    const size = raw.length - HEADER_BYTES;
    const first = this.#message === 0;
    this.#count(size);
    return { raw, first, last: true, sequence: raw[3] as number, header: true, payload: raw.subarray(HEADER_BYTES), size };
  }

  #open(header: Buffer, at: number): Buffer {
    this.#size = header.readUIntLE(at, 3);
    this.#sequence = header[at + 3] as number;
    this.#rest = HEADER_BYTES + this.#size;
    if (this.#message + this.#size > MAX_MESSAGE_BYTES) {
      throw new ProtocolError(this.#side, `The ${this.#side} sent a message of more than ${MAX_MESSAGE_BYTES} bytes.`);
    }
    return this.#openPart();
  }

  #openPart(): Buffer {
    this.#partBytes = 0;
    this.#part = Buffer.allocUnsafe(Math.min(this.#rest, PART_BYTES));
    return this.#part;
  }

  #closePart(raw: Buffer): MyFrame {
    const size = this.#size;
    const header = this.#rest === HEADER_BYTES + size;
    const first = header && this.#message === 0;
    this.#rest -= raw.length;
    const last = this.#rest === 0 && size < MAX_PAYLOAD_BYTES;
    if (this.#rest > 0) this.#openPart();
    else {
      this.#part = undefined;
      this.#count(size);
    }
    return { raw, first, last, sequence: this.#sequence, header, payload: header ? raw.subarray(HEADER_BYTES) : raw, size };
  }

  /** A packet is over: the message goes on if it was full. */
  #count(size: number): void {
    this.#message = size === MAX_PAYLOAD_BYTES ? this.#message + size : 0;
  }
}

/** A packet of more than PART_BYTES comes in parts, wherever it lies; a full one has a message's other packets behind it. */
function liesWhole(chunk: Buffer, at: number, end: number): boolean {
  return end <= chunk.length && end - at <= PART_BYTES;
}

function* thenThrow(frames: readonly MyFrame[], error: ProtocolError): Generator<MyFrame> {
  yield* frames;
  throw error;
}
