import { GatewayError, ProtocolError } from '@sallyport/core';
import { BinaryCutter, type CopyCutter, CsvCutter, textCutter } from './copy-cutter.ts';
import { editBinaryRow, editRow, type FieldEdit } from './copy-fields.ts';
import { csvSyntax, textSyntax } from './copy-syntax.ts';

const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;

/** How the rows of a COPY are written. Characters are ASCII. */
export interface CopyLayout {
  readonly kind: 'text' | 'csv' | 'binary';
  /** The first row holds the columns' names. */
  readonly header: boolean;
  readonly delimiter: string;
  readonly null: string;
  readonly quote: string;
  readonly escape: string;
  /** Fields of each row. */
  readonly columns: number;
}

/** Edits fields of COPY data as it streams by: the same output for every chunking, whole rows at a time. */
export class CopyRewriter {
  readonly #cutter: CopyCutter;
  readonly #edit: (row: Buffer) => Buffer;
  readonly #maxRowBytes: number;
  /** The character without which nothing is escaped, nor runs over a newline. */
  readonly #special: number | undefined;
  /** Rows at the start that are no data: a header. */
  #plain: number;
  /** The beginning of a row, in a buffer that doubles. */
  #pending = Buffer.allocUnsafe(0);
  #pendingBytes = 0;

  /** @param maxRowBytes a longer row ends in ERR_LIMIT: it is put together before it is edited. */
  constructor(layout: CopyLayout, edit: FieldEdit, maxRowBytes: number) {
    const code = (character: string): number => character.charCodeAt(0);
    const { kind, columns, null: none } = layout;
    const [delimiter, quote, escaping] = [code(layout.delimiter), code(layout.quote), code(layout.escape)];
    this.#maxRowBytes = maxRowBytes;
    if (kind !== 'binary') this.#special = kind === 'csv' ? quote : BACKSLASH;
    this.#plain = layout.header || kind === 'binary' ? 1 : 0;
    if (kind === 'binary') {
      this.#cutter = new BinaryCutter();
      this.#edit = (row) => editBinaryRow(row, edit, columns);
    } else {
      const syntax = kind === 'csv' ? csvSyntax(delimiter, none, quote, escaping) : textSyntax(delimiter, none);
      this.#cutter = kind === 'csv' ? new CsvCutter(quote, escaping, delimiter) : textCutter;
      this.#edit = (row) => editRow(row, syntax, edit, columns);
    }
  }

  /** Nothing of a row is waiting for its rest. */
  get between(): boolean {
    return this.#pendingBytes === 0;
  }

  /** Whole rows of data whose fields stand as they are, so that they may pass unread. */
  passable(chunk: Buffer): boolean {
    return this.between && this.#plain === 0 && chunk.at(-1) === NEWLINE && this.#special !== undefined && !chunk.includes(this.#special);
  }

  /** @returns the rows that are complete. @throws ProtocolError, GatewayError ERR_LIMIT */
  push(chunk: Buffer): Buffer {
    const rows: Buffer[] = [];
    let from = 0;
    for (let end = this.#cutter.rowEnd(chunk, 0); end >= 0; end = this.#cutter.rowEnd(chunk, from)) {
      rows.push(this.#row(chunk.subarray(from, end)));
      from = end;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return rows.length === 1 ? (rows[0] as Buffer) : Buffer.concat(rows);
  }

  /** The data is complete. */
  end(): void {
    if (!this.between) throw new ProtocolError('target', 'The target ended its COPY data in the middle of a row.');
  }

  #row(rest: Buffer): Buffer {
    this.#bound(rest.length);
    const row = this.between ? rest : Buffer.concat([this.#pending.subarray(0, this.#pendingBytes), rest]);
    this.#pendingBytes = 0;
    if (this.#plain === 0) return this.#edit(row);
    this.#plain -= 1;
    return row;
  }

  #keep(part: Buffer): void {
    this.#bound(part.length);
    const bytes = this.#pendingBytes + part.length;
    if (bytes > this.#pending.length) {
      const larger = Buffer.allocUnsafe(Math.max(bytes * 2, 1024));
      this.#pending.copy(larger, 0, 0, this.#pendingBytes);
      this.#pending = larger;
    }
    part.copy(this.#pending, this.#pendingBytes);
    this.#pendingBytes = bytes;
  }

  #bound(bytes: number): void {
    if (this.#pendingBytes + bytes <= this.#maxRowBytes) return;
    throw new GatewayError(
      'ERR_LIMIT',
      `A copied row of more than ${this.#maxRowBytes} bytes has columns to mask: leave its large columns out.`,
    );
  }
}
