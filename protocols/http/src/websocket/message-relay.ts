import { ProtocolError, type Side } from '@sallyport/core';
import { LONGEST_PAYLOAD, OPCODE, type WebSocketFrame } from './frame.ts';

/** What a close says besides its code, in bytes. */
const LONGEST_REASON = 123;

/** What leaves for the other side, and what the record keeps of it. */
export interface Passed {
  readonly bytes: Buffer;
  /** A message that is whole by now, as the client sees it. */
  readonly message?: { readonly opcode: number; readonly data: Buffer };
}

/**
 * One direction of a WebSocket: frames in, frames out. Control frames pass between the parts of a message.
 *
 * @param changed a text message, or the reason of a close, as the client may see it, where it is not the text itself. Parts of
 *   a text are kept until it is whole then; everything else passes as it came.
 */
export class MessageRelay {
  readonly #from: Side;
  readonly #changed: ((text: Buffer) => Buffer) | undefined;
  readonly #encode: (opcode: number, payload: Buffer) => Buffer;
  #opcode: number | undefined;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(from: Side, encode: (opcode: number, payload: Buffer) => Buffer, changed?: (text: Buffer) => Buffer) {
    this.#from = from;
    this.#encode = encode;
    this.#changed = changed;
  }

  /** @throws ProtocolError */
  pass(frame: WebSocketFrame): Passed | undefined {
    if (frame.opcode >= OPCODE.close) return this.#control(frame);
    const opcode = this.#begin(frame);
    this.#parts.push(frame.payload);
    this.#bytes += frame.payload.length;
    if (this.#bytes > LONGEST_PAYLOAD)
      throw new ProtocolError(this.#from, `A WebSocket message is larger than ${LONGEST_PAYLOAD >> 20} MiB.`);
    const changed = opcode === OPCODE.text ? this.#changed : undefined;
    if (!frame.final) return changed === undefined ? { bytes: frame.raw } : undefined;
    const whole = Buffer.concat(this.#parts.splice(0), this.#bytes);
    this.#bytes = 0;
    this.#opcode = undefined;
    if (changed === undefined) return { bytes: frame.raw, message: { opcode, data: whole } };
    const data = changed(whole);
    return { bytes: this.#encode(opcode, data), message: { opcode, data } };
  }

  /** A close says why in words; a ping comes back as it went. */
  #control({ raw, opcode, payload }: WebSocketFrame): Passed {
    if (opcode !== OPCODE.close || payload.length <= 2 || this.#changed === undefined)
      return { bytes: raw, message: { opcode, data: payload } };
    const data = Buffer.concat([payload.subarray(0, 2), this.#changed(payload.subarray(2)).subarray(0, LONGEST_REASON)]);
    return { bytes: this.#encode(opcode, data), message: { opcode, data } };
  }

  #begin({ opcode }: WebSocketFrame): number {
    const goesOn = opcode === OPCODE.continuation;
    if (goesOn !== (this.#opcode !== undefined))
      throw new ProtocolError(this.#from, goesOn ? 'A WebSocket frame continues no message.' : 'A WebSocket message began within another.');
    this.#opcode ??= opcode;
    return this.#opcode;
  }
}
