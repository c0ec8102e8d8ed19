import { LONGEST_RECORDED_MESSAGE, ProtocolError, RecordedMessages } from '@sallyport/core';
import { MessageReader } from './message-reader.ts';

/** What a recording keeps of a channel. Channels count from 0 within a session. */
export type ChannelMessage =
  | { readonly type: 'data'; readonly channel: number; readonly data: Buffer }
  | { readonly type: 'stderr'; readonly channel: number; readonly data: Buffer }
  | { readonly type: 'eof' | 'close' | 'shell'; readonly channel: number }
  | { readonly type: 'pty'; readonly channel: number; readonly term: string; readonly columns: number; readonly rows: number }
  | { readonly type: 'window'; readonly channel: number; readonly columns: number; readonly rows: number }
  | { readonly type: 'exec'; readonly channel: number; readonly command: Buffer }
  | { readonly type: 'subsystem'; readonly channel: number; readonly name: string }
  | { readonly type: 'signal' | 'exit-signal'; readonly channel: number; readonly name: string }
  | { readonly type: 'exit-status'; readonly channel: number; readonly status: number }
  /** The output that comes next was seen so long before it was recorded: masks had to wait for more. */
  | { readonly type: 'late'; readonly channel: number; readonly milliseconds: number };

/** Data above it is recorded as several messages. */
const LONGEST_DATA = LONGEST_RECORDED_MESSAGE - 64;
const LENGTH = 4;
/** Number and channel. */
const HEAD = 5;

/** Message numbers: {@link https://www.rfc-editor.org/rfc/rfc4254#section-9 RFC 4254, section 9}. */
const DATA = 94;
const EXTENDED_DATA = 95;
const EOF = 96;
const CLOSE = 97;
const REQUEST = 98;
/** A local extension ({@link https://www.rfc-editor.org/rfc/rfc4250#section-4.1.2 RFC 4250, section 4.1.2}): channel, milliseconds. */
const LATE = 192;
const STDERR = 1;
/** What stands before the bytes of an output: the message's length, its number, the channel, of stderr its kind, the bytes' length. */
const DATA_HEAD = LENGTH + 1 + 4 + 4;
const STDERR_HEAD = DATA_HEAD + 4;

/**
 * A message as it is inside the encryption ({@link https://www.rfc-editor.org/rfc/rfc4254 RFC 4254}),
 * behind its length as a uint32. Names are without `SIG`; sizes in pixels are 0.
 */
export function encodeChannelMessage(message: ChannelMessage): Buffer {
  const { type, channel } = message;
  switch (type) {
    case 'data':
      return inParts(message.data, (part) => [DATA, uint32(channel), ...string(part)]);
    case 'stderr':
      return inParts(message.data, (part) => [EXTENDED_DATA, uint32(channel), uint32(STDERR), ...string(part)]);
    case 'eof':
      return framed([EOF, uint32(channel)]);
    case 'close':
      return framed([CLOSE, uint32(channel)]);
    case 'shell':
      return request(channel, 'shell');
    case 'pty':
      return request(channel, 'pty-req', ...string(message.term), ...size(message.columns, message.rows), ...string(''));
    case 'window':
      return request(channel, 'window-change', ...size(message.columns, message.rows));
    case 'exec':
      return request(channel, 'exec', ...string(message.command));
    case 'subsystem':
      return request(channel, 'subsystem', ...string(message.name));
    case 'signal':
      return request(channel, 'signal', ...string(message.name));
    case 'exit-signal':
      return request(channel, 'exit-signal', ...string(message.name), 0, ...string(''), ...string(''));
    case 'exit-status':
      return request(channel, 'exit-status', uint32(message.status));
    case 'late':
      return framed([LATE, uint32(channel), uint32(message.milliseconds)]);
  }
}

/** Output of the usual size is put together here. */
const scratch = Buffer.allocUnsafeSlow(128 * 1024);

/**
 * {@link encodeChannelMessage} for output, which comes in thousands of pieces: memory for each of them would have V8 collect
 * its whole heap again and again.
 *
 * @returns a view that is good until the next call.
 */
export function encodeOutput(type: 'data' | 'stderr', channel: number, data: Buffer): Buffer {
  const head = type === 'data' ? DATA_HEAD : STDERR_HEAD;
  const length = head + data.length;
  if (length > scratch.length) return encodeChannelMessage({ type, channel, data });
  scratch.writeUInt32BE(length - LENGTH);
  scratch[LENGTH] = type === 'data' ? DATA : EXTENDED_DATA;
  scratch.writeUInt32BE(channel, LENGTH + 1);
  if (type === 'stderr') scratch.writeUInt32BE(STDERR, LENGTH + 5);
  scratch.writeUInt32BE(data.length, head - LENGTH);
  data.copy(scratch, head);
  return scratch.subarray(0, length);
}

/** A number is one byte. */
type Part = Buffer | number;

function framed(parts: readonly Part[]): Buffer {
  const content = parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : part));
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([uint32(length), ...content], LENGTH + length);
}

function request(channel: number, type: string, ...rest: readonly Part[]): Buffer {
  return framed([REQUEST, uint32(channel), ...string(type), 0, ...rest]);
}

function inParts(data: Buffer, parts: (data: Buffer) => readonly Part[]): Buffer {
  if (data.length <= LONGEST_DATA) return framed(parts(data));
  const messages: Buffer[] = [];
  for (let at = 0; at < data.length; at += LONGEST_DATA) messages.push(framed(parts(data.subarray(at, at + LONGEST_DATA))));
  return Buffer.concat(messages);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function string(value: Buffer | string): readonly Buffer[] {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return [uint32(bytes.length), bytes];
}

function size(columns: number, rows: number): readonly Buffer[] {
  return [uint32(columns), uint32(rows), uint32(0), uint32(0)];
}

/**
 * Cuts recorded bytes into messages, however they were cut before.
 *
 * @throws ProtocolError and nothing else, for what {@link encodeChannelMessage} does not write.
 */
export class ChannelMessageDecoder {
  readonly #messages = new RecordedMessages(HEAD);

  *push(chunk: Buffer): Generator<ChannelMessage> {
    for (const bytes of this.#messages.push(chunk)) yield decode(bytes);
  }
}

function decode(bytes: Buffer): ChannelMessage {
  const reader = new MessageReader(bytes);
  const number = reader.byte();
  const channel = reader.uint32();
  const message = number === REQUEST ? decodeRequest(reader, channel) : decodeOther(reader, number, channel);
  reader.end();
  return message;
}

function decodeOther(reader: MessageReader, number: number, channel: number): ChannelMessage {
  switch (number) {
    case DATA:
      return { type: 'data', channel, data: reader.string() };
    case EXTENDED_DATA: {
      const stream = reader.uint32();
      if (stream === STDERR) return { type: 'stderr', channel, data: reader.string() };
      throw new ProtocolError('target', `A recorded message has the unknown stream ${stream}.`);
    }
    case EOF:
      return { type: 'eof', channel };
    case CLOSE:
      return { type: 'close', channel };
    case LATE:
      return { type: 'late', channel, milliseconds: reader.uint32() };
    default:
      throw new ProtocolError('target', `A recorded message has the unknown number ${number}.`);
  }
}

function decodeRequest(reader: MessageReader, channel: number): ChannelMessage {
  const type = reader.text();
  reader.byte(); // whether an answer was wanted
  switch (type) {
    case 'shell':
      return { type, channel };
    case 'pty-req': {
      const pty = { type: 'pty', channel, term: reader.text(), ...decodeSize(reader) } as const;
      reader.string(); // modes
      return pty;
    }
    case 'window-change':
      return { type: 'window', channel, ...decodeSize(reader) };
    case 'exec':
      return { type, channel, command: reader.string() };
    case 'subsystem':
    case 'signal':
      return { type, channel, name: reader.text() };
    case 'exit-signal': {
      const name = reader.text();
      reader.byte(); // whether it left a core
      reader.string(); // message
      reader.string(); // its language
      return { type, channel, name };
    }
    case 'exit-status':
      return { type, channel, status: reader.uint32() };
    default:
      throw new ProtocolError('target', 'A recorded message is of a request that is not recorded.');
  }
}

function decodeSize(reader: MessageReader): { readonly columns: number; readonly rows: number } {
  const size = { columns: reader.uint32(), rows: reader.uint32() };
  reader.uint32(); // the same in pixels
  reader.uint32();
  return size;
}
