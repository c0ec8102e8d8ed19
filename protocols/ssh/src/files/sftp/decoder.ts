import { type Decoder, type Frame, ProtocolError, type Side } from '@sallyport/core';

/** Larger packets OpenSSH neither sends nor takes; `limits@openssh.com` says so to clients that ask. */
export const MAX_PACKET_BYTES = 256 * 1024;

const LENGTH_BYTES = 4;
/** Type and id. */
const MIN_PACKET_BYTES = 5;

/** One packet, always whole. */
export interface SftpFrame extends Frame {
  readonly type: number;
  /** The request's id; of INIT and VERSION the version. */
  readonly id: number;
}

/** Cuts either side's bytes into packets. @throws ProtocolError of that side */
export function sftpDecoder(side: Side): Decoder<SftpFrame> {
  return new SftpDecoder(side);
}

/** A packet that lies wholly in a chunk becomes a view of it; one that straddles chunks is copied once. */
class SftpDecoder implements Decoder<SftpFrame> {
  readonly #side: Side;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  /** Of a straddling packet, its length included. */
  #have = 0;
  #packet: Buffer | undefined;
  #error: ProtocolError | undefined;

  constructor(side: Side) {
    this.#side = side;
  }

  *push(chunk: Buffer): Iterable<SftpFrame> {
    if (this.#error !== undefined) throw this.#error;
    for (let at = 0; at < chunk.length; ) {
      const rest = chunk.length - at;
      if (this.#have === 0 && rest >= LENGTH_BYTES) {
        const end = LENGTH_BYTES + this.#check(chunk.readUInt32BE(at));
        if (rest >= end) {
          yield this.#frame(chunk.subarray(at, at + end));
          at += end;
          continue;
        }
      }
      at += this.#collect(chunk, at);
      const packet = this.#packet;
      if (packet === undefined || this.#have < packet.length) continue;
      this.#packet = undefined;
      this.#have = 0;
      yield this.#frame(packet);
    }
  }

  /** Takes what the straddling packet lacks. The length comes first: nothing is allocated before it is checked. */
  #collect(chunk: Buffer, at: number): number {
    const into = this.#packet ?? this.#length;
    const taken = chunk.copy(into, this.#have, at);
    this.#have += taken;
    if (this.#packet === undefined && this.#have === LENGTH_BYTES) {
      this.#packet = Buffer.allocUnsafe(LENGTH_BYTES + this.#check(this.#length.readUInt32BE(0)));
      this.#length.copy(this.#packet);
    }
    return taken;
  }

  #check(length: number): number {
    if (length >= MIN_PACKET_BYTES && length <= MAX_PACKET_BYTES) return length;
    this.#error = new ProtocolError(
      this.#side,
      `The ${this.#side} sent an SFTP packet of ${length} bytes; it may have ${MIN_PACKET_BYTES} to ${MAX_PACKET_BYTES}.`,
    );
    throw this.#error;
  }

  #frame(raw: Buffer): SftpFrame {
    return { raw, first: true, last: true, type: raw[LENGTH_BYTES] as number, id: raw.readUInt32BE(LENGTH_BYTES + 1) };
  }
}

/** @throws ProtocolError of that side, where a packet is shorter than what it says to hold. */
export class PacketReader {
  readonly #side: Side;
  readonly #raw: Buffer;
  #at = LENGTH_BYTES + MIN_PACKET_BYTES;

  /** Begins behind the id. */
  constructor(side: Side, { raw }: SftpFrame) {
    this.#side = side;
    this.#raw = raw;
  }

  uint32(): number {
    return this.#raw.readUInt32BE(this.#take(4));
  }

  /** Exact up to 2^53; above, what is near to it. */
  uint64(): number {
    return Number(this.#raw.readBigUInt64BE(this.#take(8)));
  }

  /** A view. */
  string(): Buffer {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#raw.subarray(start, start + length);
  }

  #take(bytes: number): number {
    const start = this.#at;
    if (bytes > this.#raw.length - start) {
      throw new ProtocolError(this.#side, `The ${this.#side} sent an SFTP packet of type ${this.#raw[LENGTH_BYTES]} that is cut short.`);
    }
    this.#at += bytes;
    return start;
  }
}
