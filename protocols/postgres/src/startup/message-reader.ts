import { ProtocolError, SocketReader } from '@sallyport/core';
import { HEADER_BYTES } from '../codec/decoder.ts';

/** Reads PostgreSQL's messages one by one, for the part of a session that is a script. */
export class MessageReader extends SocketReader {
  /**
   * One whole message, header included.
   * @param limit bytes of the largest one that is taken; checked before anything is allocated.
   */
  async message(limit: number): Promise<Buffer> {
    const header = await this.bytes(HEADER_BYTES);
    const length = header.readInt32BE(1);
    if (length < 4 || length + 1 > limit) {
      throw new ProtocolError(this.side, `The ${this.side} sent a message with length ${length}, outside 4 to ${limit - 1}.`);
    }
    return Buffer.concat([header, await this.bytes(length + 1 - HEADER_BYTES)]);
  }
}
