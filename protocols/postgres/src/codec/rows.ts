import { ProtocolError } from '@sallyport/core';
import { BodyReader } from './body-reader.ts';
import { cstring, int16, int32, message } from './bytes.ts';
import { HEADER_BYTES } from './decoder.ts';
import { BACKEND } from './message-types.ts';

/** One column of a result, as the server describes it. */
export interface Field {
  readonly name: string;
  /** OID of the table or view the values come from; 0 for an expression. */
  readonly tableOid: number;
  /** Attribute number in it; 0 for an expression or a whole row, negative for a system column. */
  readonly column: number;
  readonly typeOid: number;
  /** pg_type.typlen: bytes, negative for variable width. */
  readonly typeSize: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary; always 0 in the answer to a statement's Describe. */
  readonly format: number;
}

/**
 * `T | length | Int16 n, (String name | Int32 table oid | Int16 column | Int32 type oid |
 * Int16 type size | Int32 type modifier | Int16 format) × n`
 */
export interface RowDescription {
  readonly type: 'RowDescription';
  readonly fields: readonly Field[];
}

export function decodeRowDescription(raw: Buffer): RowDescription {
  const body = new BodyReader(raw, 'target', 'RowDescription');
  const fields = body.list(
    (): Field => ({
      name: body.cstring(),
      tableOid: body.uint32(),
      column: body.int16(),
      typeOid: body.uint32(),
      typeSize: body.int16(),
      typeModifier: body.int32(),
      format: body.int16(),
    }),
  );
  body.end();
  return { type: 'RowDescription', fields };
}

export function encodeRowDescription(fields: readonly Field[]): Buffer {
  const encoded = fields.map((field) =>
    Buffer.concat([
      cstring(field.name),
      int32(field.tableOid),
      int16(field.column),
      int32(field.typeOid),
      int16(field.typeSize),
      int32(field.typeModifier),
      int16(field.format),
    ]),
  );
  return message(BACKEND.RowDescription, int16(fields.length), ...encoded);
}

/** `D | length | Int16 n, (Int32 length | bytes) × n`; length -1 is NULL. */
export interface DataRow {
  readonly type: 'DataRow';
  /** Views of the message. null is SQL NULL. */
  readonly cells: readonly (Buffer | null)[];
}

export function decodeDataRow(raw: Buffer): DataRow {
  const body = new BodyReader(raw, 'target', 'DataRow');
  const cells = body.list(() => body.nullable());
  body.end();
  return { type: 'DataRow', cells };
}

export function encodeDataRow(cells: readonly (Buffer | null)[]): Buffer {
  let size = HEADER_BYTES + 2;
  for (const cell of cells) size += 4 + (cell?.length ?? 0);
  const raw = Buffer.allocUnsafe(size);
  raw[0] = BACKEND.DataRow;
  raw.writeInt32BE(size - 1, 1);
  raw.writeUInt16BE(cells.length, HEADER_BYTES);
  let at = HEADER_BYTES + 2;
  for (const cell of cells) {
    raw.writeInt32BE(cell === null ? -1 : cell.length, at);
    at += 4;
    if (cell !== null) at += cell.copy(raw, at);
  }
  return raw;
}

/**
 * Where the cells of a DataRow lie, without making anything of them. One instance serves a whole
 * result: reading a row overwrites what the row before it left.
 *
 * ```ts
 * const cells = new RowCells();
 * cells.read(raw);
 * const value = cells.isNull(3) ? null : raw.subarray(cells.start(3), cells.end(3));
 * ```
 */
export class RowCells {
  /** Cells in the row that was read last. */
  count = 0;
  /** start and end of each cell; end before start is NULL. */
  #bounds = new Int32Array(0);

  /**
   * @param raw the message lies in `[from, to)` of it.
   * @throws ProtocolError when the lengths do not add up to the message
   */
  read(raw: Buffer, from = 0, to = raw.length): void {
    if (to - from < HEADER_BYTES + 2) throw broken();
    const count = raw.readUInt16BE(from + HEADER_BYTES);
    if (count * 2 > this.#bounds.length) this.#bounds = new Int32Array(Math.max(count * 2, 64));
    const bounds = this.#bounds;
    let at = from + HEADER_BYTES + 2;
    for (let index = 0; index < count; index += 1) {
      if (at + 4 > to) throw broken();
      const length = raw.readInt32BE(at);
      at += 4;
      bounds[index * 2] = at;
      bounds[index * 2 + 1] = at + length;
      if (length > 0) at += length;
      if (length < -1 || at > to) throw broken();
    }
    if (at !== to) throw broken();
    this.count = count;
  }

  isNull(index: number): boolean {
    return this.end(index) < this.start(index);
  }

  /** Offset in what was read of the value's first byte. */
  start(index: number): number {
    return this.#bounds[index * 2] as number;
  }

  /** Offset behind the value's last byte. */
  end(index: number): number {
    return this.#bounds[index * 2 + 1] as number;
  }
}

function broken(): ProtocolError {
  return new ProtocolError('target', 'The target sent a broken DataRow message: its lengths do not add up.');
}
