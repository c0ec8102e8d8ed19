import { GatewayError } from '@sallyport/core';

/** A copy with memory of its own: what lives as long as its session must not keep the 64 KiB around it. */
export function ownBytes(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

/** A message ready to send: `type Byte1 | length Int32 | body`. */
export function message(type: number, ...body: readonly Buffer[]): Buffer {
  const header = Buffer.allocUnsafe(5);
  const raw = Buffer.concat([header, ...body]);
  raw[0] = type;
  raw.writeInt32BE(raw.length - 1, 1);
  return raw;
}

/** A String: UTF-8 and a zero byte. @throws GatewayError when the text has a zero byte itself */
export function cstring(text: string): Buffer {
  if (text.includes('\0')) throw new GatewayError('ERR_PROTOCOL', 'A text with a zero byte cannot be sent in the PostgreSQL protocol.');
  return Buffer.from(`${text}\0`);
}

export function byte1(value: number): Buffer {
  return Buffer.of(value);
}

/** Int16, also for counts above 32767, which the protocol reads as unsigned. */
export function int16(value: number): Buffer {
  return Buffer.of((value >> 8) & 0xff, value & 0xff);
}

/** Int32, also for OIDs above 2147483647. */
export function int32(value: number): Buffer {
  return Buffer.of((value >> 24) & 0xff, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
}

/** `Int32 length | bytes`, or length -1 for NULL: a parameter, argument or cell. */
export function nullable(value: Buffer | null): Buffer {
  return value === null ? int32(-1) : Buffer.concat([int32(value.length), value]);
}

/** `Int16 count | Int16 …`: format codes. */
export function int16List(values: readonly number[]): Buffer {
  return Buffer.concat([int16(values.length), ...values.map(int16)]);
}
