import { HEADER_BYTES, MAX_PAYLOAD_BYTES, packetEnd } from '../codec/frames.ts';

/** Begins the end of rows, and beyond a size a row. */
export const EOF = 0xfe;
export const ERR = 0xff;
/** With DEPRECATE_EOF unset, a longer packet that begins with 0xfe is a row. */
const MAX_EOF_BYTES = 9;

/** Packets of one whole row each, one behind the other. */
export interface RowRun {
  readonly raw: Buffer;
  readonly rows: number;
  /** They are numbered as the client expects them. */
  readonly inOrder: boolean;
}

/**
 * The rows at `from`, up to what is no row any more; undefined where none is.
 *
 * @param bytes whole packets that answer one command.
 * @param sequence that the client expects of the first one.
 */
export function rowRun(bytes: Buffer, from: number, sequence: number, deprecateEof: boolean): RowRun | undefined {
  let [at, rows, inOrder] = [from, 0, true];
  while (at < bytes.length) {
    const end = packetEnd(bytes, at);
    if (endsRows(bytes[at + HEADER_BYTES], end - at - HEADER_BYTES, deprecateEof)) break;
    if (bytes[at + 3] !== ((sequence + rows) & 0xff)) inOrder = false;
    at = end;
    rows += 1;
  }
  return rows === 0 ? undefined : { raw: bytes.subarray(from, at), rows, inOrder };
}

/** @param first byte of the packet, if it has any. */
export function endsRows(first: number | undefined, size: number, deprecateEof: boolean): boolean {
  return first === ERR || (first === EOF && size < (deprecateEof ? MAX_PAYLOAD_BYTES : MAX_EOF_BYTES));
}

/** The same packets, numbered from `sequence` on. */
export function renumbered(rows: Buffer, sequence: number): Buffer {
  const copy = Buffer.from(rows);
  for (let [at, number] = [0, sequence]; at < copy.length; at = packetEnd(copy, at), number += 1) copy[at + 3] = number & 0xff;
  return copy;
}

export function* payloadsIn(rows: Buffer): Generator<Buffer> {
  for (let at = 0, end = 0; at < rows.length; at = end) {
    end = packetEnd(rows, at);
    yield rows.subarray(at + HEADER_BYTES, end);
  }
}
