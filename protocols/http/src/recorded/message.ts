import { LONGEST_RECORDED_MESSAGE, ProtocolError, RecordedMessages } from '@sallyport/core';
import type { Fields } from '../message/fields.ts';

/** What a recording keeps of an exchange. Exchanges count from 0 within a session. */
export type ExchangeMessage =
  | { readonly type: 'request'; readonly exchange: number; readonly line: string; readonly fields: Fields }
  | { readonly type: 'response'; readonly exchange: number; readonly line: string; readonly fields: Fields }
  /** The request was judged as this command of the session: stands behind the command's event. */
  | { readonly type: 'judged'; readonly exchange: number; readonly command: number }
  | { readonly type: 'data'; readonly exchange: number; readonly data: Buffer }
  /** A body has ended: `bytes` of it in all, of which the last so many are not recorded, and the SHA-256 of these. */
  | { readonly type: 'end'; readonly exchange: number; readonly bytes: number; readonly unrecorded: number; readonly sha256: Buffer }
  | { readonly type: 'trailers'; readonly exchange: number; readonly fields: Fields }
  /** A WebSocket message: RFC 6455 section 5.2. */
  | { readonly type: 'websocket'; readonly exchange: number; readonly opcode: number; readonly data: Buffer };

const CODES = { request: 1, response: 2, data: 3, end: 4, trailers: 5, websocket: 6, judged: 7 } as const;
const LENGTH = 4;
/** Code and exchange. */
const HEAD = 5;
const SHA256 = 32;
/** Data above it is recorded as several messages. */
const LONGEST_DATA = LONGEST_RECORDED_MESSAGE - 64;

/**
 * Length (uint32, of what follows), code (1 byte), exchange (uint32), content. Heads are text as HTTP/1.1 writes it
 * ({@link https://www.rfc-editor.org/rfc/rfc9112#section-2.1 RFC 9112, section 2.1}), whatever version was spoken.
 */
export function encodeMessage(message: ExchangeMessage): Buffer {
  switch (message.type) {
    case 'request':
    case 'response':
      return framedText(message, `${message.line}\r\n${linesText(message.fields)}`);
    case 'trailers':
      return framedText(message, linesText(message.fields));
    case 'data':
      return inParts(message);
    case 'judged': {
      const content = Buffer.allocUnsafe(4);
      content.writeUInt32BE(message.command);
      return framed(message, content);
    }
    case 'end': {
      const content = Buffer.alloc(16 + SHA256);
      content.writeBigUInt64BE(BigInt(message.bytes));
      content.writeBigUInt64BE(BigInt(message.unrecorded), 8);
      message.sha256.copy(content, 16);
      return framed(message, content);
    }
    case 'websocket':
      return framed(message, Buffer.concat([Buffer.of(message.opcode), message.data.subarray(0, LONGEST_DATA)]));
  }
}

function linesText(fields: Fields): string {
  let text = '';
  for (const line of fields) text += `${line[0]}: ${line[1]}\r\n`;
  return `${text}\r\n`;
}

type Framed = Pick<ExchangeMessage, 'type' | 'exchange'>;

function framed(message: Framed, content: Buffer): Buffer {
  const bytes = frame(message, content.length);
  content.copy(bytes, LENGTH + HEAD);
  return bytes;
}

function framedText(message: Framed, text: string): Buffer {
  const bytes = frame(message, text.length);
  bytes.write(text, LENGTH + HEAD, 'latin1');
  return bytes;
}

/** A message whose content is still to be written. */
function frame({ type, exchange }: Framed, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH + HEAD + length);
  bytes.writeUInt32BE(HEAD + length);
  bytes[LENGTH] = CODES[type];
  bytes.writeUInt32BE(exchange, LENGTH + 1);
  return bytes;
}

function inParts(message: Extract<ExchangeMessage, { readonly type: 'data' }>): Buffer {
  const { data } = message;
  if (data.length <= LONGEST_DATA) return framed(message, data);
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += LONGEST_DATA) parts.push(framed(message, data.subarray(at, at + LONGEST_DATA)));
  return Buffer.concat(parts);
}

/**
 * Cuts recorded bytes into messages, however they were cut before.
 *
 * @throws ProtocolError and nothing else, for what {@link encodeMessage} does not write.
 */
export class ExchangeMessageDecoder {
  readonly #messages = new RecordedMessages(HEAD);

  *push(chunk: Buffer): Generator<ExchangeMessage> {
    for (const bytes of this.#messages.push(chunk)) yield decode(bytes);
  }
}

function decode(bytes: Buffer): ExchangeMessage {
  const [code, exchange, content] = [bytes[0], bytes.readUInt32BE(1), bytes.subarray(HEAD)];
  switch (code) {
    case CODES.request:
      return { type: 'request', exchange, ...decodeHead(content) };
    case CODES.response:
      return { type: 'response', exchange, ...decodeHead(content) };
    case CODES.trailers:
      return { type: 'trailers', exchange, fields: decodeFields(content.toString('latin1').split('\r\n')) };
    case CODES.data:
      return { type: 'data', exchange, data: content };
    case CODES.end:
      if (content.length !== 16 + SHA256) throw damaged('of an end has another length');
      return {
        type: 'end',
        exchange,
        bytes: Number(content.readBigUInt64BE()),
        unrecorded: Number(content.readBigUInt64BE(8)),
        sha256: content.subarray(16),
      };
    case CODES.judged:
      if (content.length !== 4) throw damaged('of a judgement has another length');
      return { type: 'judged', exchange, command: content.readUInt32BE() };
    case CODES.websocket:
      if (content.length === 0) throw damaged('of a WebSocket is empty');
      return { type: 'websocket', exchange, opcode: content[0] as number, data: content.subarray(1) };
    default:
      throw damaged(`has the unknown code ${code}`);
  }
}

function decodeHead(content: Buffer): { readonly line: string; readonly fields: Fields } {
  const [line = '', ...rest] = content.toString('latin1').split('\r\n');
  return { line, fields: decodeFields(rest) };
}

function decodeFields(lines: readonly string[]): Fields {
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(': ');
      if (colon < 1) throw damaged('has a line that is no field');
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    });
}

function damaged(what: string): ProtocolError {
  return new ProtocolError('target', `A recorded message ${what}.`);
}
