import { ProtocolError, type Side } from '@sallyport/core';

/** {@link https://www.rfc-editor.org/rfc/rfc6455#section-11.8 RFC 6455, section 11.8} */
export const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** A frame: {@link https://www.rfc-editor.org/rfc/rfc6455#section-5.2 RFC 6455, section 5.2}. */
export interface WebSocketFrame {
  /** As it came. */
  readonly raw: Buffer;
  readonly final: boolean;
  readonly opcode: number;
  /** Unmasked. */
  readonly payload: Buffer;
}

/** The largest payload of one frame, and of one message. */
export const LONGEST_PAYLOAD = 16 << 20;
const LONGEST_CONTROL = 125;

/**
 * Cuts one direction of a WebSocket into frames. Extensions were never agreed on, so that all reserved bits are zero; what a
 * client sends is masked and what a server sends is not.
 *
 * @throws ProtocolError and nothing else
 */
export class FrameDecoder {
  readonly #from: Side;
  #parts: Buffer[] = [];
  #have = 0;
  #need = 2;

  constructor(from: Side) {
    this.#from = from;
  }

  *push(chunk: Buffer): Iterable<WebSocketFrame> {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    while (this.#have >= this.#need) {
      const bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts, this.#have);
      const head = this.#head(bytes);
      const length = head === undefined ? undefined : head.size + head.length;
      if (head === undefined || length === undefined || bytes.length < length) {
        this.#keep(bytes);
        if (length !== undefined) this.#need = length;
        return;
      }
      this.#need = 2;
      this.#keep(bytes.subarray(length));
      yield this.#frame(bytes.subarray(0, length), head);
    }
  }

  #keep(rest: Buffer): void {
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#have = rest.length;
  }

  /** @returns undefined: the head is not whole; `#need` says how much is. */
  #head(bytes: Buffer): { readonly size: number; readonly length: number } | undefined {
    const [first, second] = [bytes[0] as number, bytes[1] as number];
    const masked = (second & 0x80) !== 0;
    if ((first & 0x70) !== 0) throw this.#fault('has a reserved bit set, though no extension was agreed on');
    if (masked !== (this.#from === 'client')) throw this.#fault(masked ? 'is masked' : 'is not masked');
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const size = 2 + extended + (masked ? 4 : 0);
    if (bytes.length < size) {
      this.#need = size;
      return undefined;
    }
    const length = extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    this.#check(first, length);
    return { size, length };
  }

  #check(first: number, length: number): void {
    const opcode = first & 0x0f;
    if (length > LONGEST_PAYLOAD) throw this.#fault(`has ${length} bytes, more than ${LONGEST_PAYLOAD >> 20} MiB`);
    if (opcode >= 0x8) {
      if (opcode > OPCODE.pong) throw this.#fault(`has the unknown opcode ${opcode}`);
      if (length > LONGEST_CONTROL || (first & 0x80) === 0) throw this.#fault('is a control frame that is too long or in parts');
    } else if (opcode > OPCODE.binary) throw this.#fault(`has the unknown opcode ${opcode}`);
  }

  #frame(raw: Buffer, { size }: { readonly size: number }): WebSocketFrame {
    const first = raw[0] as number;
    const body = raw.subarray(size);
    const payload = this.#from === 'client' ? unmasked(body, raw.subarray(size - 4, size)) : body;
    return { raw, final: (first & 0x80) !== 0, opcode: first & 0x0f, payload };
  }

  #fault(what: string): ProtocolError {
    return new ProtocolError(this.#from, `A WebSocket frame of the ${this.#from} ${what}.`);
  }
}

function unmasked(body: Buffer, key: Buffer): Buffer {
  const payload = Buffer.allocUnsafe(body.length);
  for (let at = 0; at < body.length; at += 1) payload[at] = (body[at] as number) ^ (key[at & 3] as number);
  return payload;
}

/** A frame as a server sends it. */
export function encodeServerFrame(opcode: number, payload: Buffer): Buffer {
  const extended = payload.length < 126 ? 0 : payload.length < 1 << 16 ? 2 : 8;
  const head = Buffer.alloc(2 + extended);
  head[0] = 0x80 | opcode;
  head[1] = extended === 0 ? payload.length : extended === 2 ? 126 : 127;
  if (extended === 2) head.writeUInt16BE(payload.length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** {@link https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 RFC 6455, section 7.4.1} */
export function encodeClose(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(2 + Math.min(Buffer.byteLength(reason), LONGEST_CONTROL - 2));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return encodeServerFrame(OPCODE.close, payload);
}
