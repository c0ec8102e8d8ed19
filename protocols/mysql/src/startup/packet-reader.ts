import { ProtocolError, SocketReader } from '@sallyport/core';
import { HEADER_BYTES } from '../codec/frames.ts';

/** A packet's number and content. */
export interface Packet {
  readonly sequence: number;
  readonly payload: Buffer;
}

/** Reads packets one by one, for the part of a session that is a script. */
export class PacketReader extends SocketReader {
  /** @param limit bytes of the largest payload that is taken; checked before anything is allocated. */
  async packet(limit: number): Promise<Packet> {
    const header = await this.bytes(HEADER_BYTES);
    const size = header.readUIntLE(0, 3);
    if (size > limit) {
      throw new ProtocolError(this.side, `The ${this.side} sent a packet of ${size} bytes while signing in, where ${limit} are the most.`);
    }
    return { sequence: header[3] as number, payload: await this.bytes(size) };
  }
}
