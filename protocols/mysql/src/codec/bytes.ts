import { HEADER_BYTES, MAX_PAYLOAD_BYTES } from './frames.ts';

// Fields as the protocol writes them, little endian.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_data_types.html

/**
 * A message as packets, cut where they are full; an exact multiple ends with an empty one.
 *
 * @param sequence of the first packet; the others count on, modulo 256.
 */
export function packets(payload: Buffer, sequence: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0, number = sequence; ; number += 1) {
    const size = Math.min(payload.length - at, MAX_PAYLOAD_BYTES);
    pieces.push(packetHeader(size, number), payload.subarray(at, at + size));
    at += size;
    if (size < MAX_PAYLOAD_BYTES) return Buffer.concat(pieces);
  }
}

function packetHeader(size: number, sequence: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUIntLE(size, 0, 3);
  header[3] = sequence & 0xff;
  return header;
}

export function int(value: number, bytes: number): Buffer {
  const field = Buffer.allocUnsafe(bytes);
  field.writeUIntLE(value, 0, bytes);
  return field;
}

export function cstring(text: string): Buffer {
  return Buffer.from(`${text.replaceAll('\0', '\uFFFD')}\0`);
}

/** A length-encoded integer, up to 2^53. */
export function lenenc(value: number): Buffer {
  if (value < 0xfb) return Buffer.of(value);
  if (value <= 0xffff) return Buffer.concat([Buffer.of(0xfc), int(value, 2)]);
  if (value <= 0xff_ff_ff) return Buffer.concat([Buffer.of(0xfd), int(value, 3)]);
  const field = Buffer.allocUnsafe(9);
  field[0] = 0xfe;
  field.writeBigUInt64LE(BigInt(value), 1);
  return field;
}

export function lenencBytes(value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([lenenc(bytes.length), bytes]);
}
