import { ProtocolError } from '@sallyport/core';

/** What becomes of the fields of COPY data. */
export interface FieldEdit {
  /** False: field `index` passes in any row, and is not even looked at. */
  wants(index: number): boolean;
  /** @returns undefined: it stays as it is, to the byte; null: it becomes NULL. NULL itself is never asked about. */
  edit(index: number, value: Buffer): Buffer | null | undefined;
}

/** How fields stand in a row of text or CSV. */
export interface FieldSyntax {
  readonly delimiter: number;
  /** What stands for NULL. */
  readonly null: Buffer;
  /** Offset of the delimiter or newline behind the field that begins at `start`. */
  fieldEnd(row: Buffer, start: number): number;
  /** The field's value; null for NULL. */
  decode(raw: Buffer): Buffer | null;
  encode(value: Buffer): Buffer;
}

/** One row, its newline included, with its fields edited. @param count fields that it must have */
export function editRow(row: Buffer, syntax: FieldSyntax, edit: FieldEdit, count: number): Buffer {
  const pieces: Buffer[] = [];
  let copied = 0;
  let start = 0;
  for (let index = 0; ; index += 1) {
    const end = syntax.fieldEnd(row, start);
    if (edit.wants(index)) {
      const value = syntax.decode(row.subarray(start, end));
      const edited = value === null ? undefined : edit.edit(index, value);
      if (edited !== undefined) {
        pieces.push(row.subarray(copied, start), edited === null ? syntax.null : syntax.encode(edited));
        copied = end;
      }
    }
    if (end >= row.length - 1) {
      // A table without columns has empty rows.
      if (index + 1 !== count && !(count === 0 && row.length === 1)) throw unexpectedFields();
      break;
    }
    start = end + 1;
  }
  return pieces.length === 0 ? row : Buffer.concat([...pieces, row.subarray(copied)]);
}

/** One row of binary COPY data with its fields edited; header and trailer as they are. */
export function editBinaryRow(row: Buffer, edit: FieldEdit, count: number): Buffer {
  if (row.length === 2 && row.readInt16BE() === -1) return row;
  if (row.readUInt16BE() !== count) throw unexpectedFields();
  const pieces: Buffer[] = [];
  let copied = 0;
  for (let index = 0, at = 2; index < count; index += 1) {
    const length = row.readInt32BE(at);
    const end = at + 4 + Math.max(length, 0);
    const edited = length < 0 || !edit.wants(index) ? undefined : edit.edit(index, row.subarray(at + 4, end));
    if (edited !== undefined) {
      const header = Buffer.allocUnsafe(4);
      header.writeInt32BE(edited === null ? -1 : edited.length);
      pieces.push(row.subarray(copied, at), header, edited ?? Buffer.alloc(0));
      copied = end;
    }
    at = end;
  }
  return pieces.length === 0 ? row : Buffer.concat([...pieces, row.subarray(copied)]);
}

function unexpectedFields(): ProtocolError {
  return new ProtocolError('target', 'The target copied a row with another number of columns than it had described.');
}
