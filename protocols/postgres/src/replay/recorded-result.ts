import type { RecordedFrames, ReplayItem } from '@sallyport/core';
import { decodeCopyData } from '../codec/copy.ts';
import { backendDecoder, frontendDecoder } from '../codec/decoder.ts';
import { decodeErrorOrNotice } from '../codec/error-fields.ts';
import type { PgFrame } from '../codec/frames.ts';
import { BACKEND, FRONTEND } from '../codec/message-types.ts';
import { decodeCommandComplete } from '../codec/query.ts';
import { decodeDataRow, decodeRowDescription, type Field } from '../codec/rows.ts';
import { binaryText } from '../relay/binary-value.ts';

/** A larger message is shown by its size. */
const MAX_SHOWN_BYTES = 16 * 1024 * 1024;

/** A recording's wire bytes as results again: columns, rows, completions, errors, COPY data. */
export async function* decodeRecording(frames: AsyncIterable<RecordedFrames>): AsyncGenerator<ReplayItem> {
  const client = new WholeMessages(frontendDecoder());
  const target = new WholeMessages(backendDecoder());
  const results = new Results();
  for await (const { from, at, data } of frames) {
    if (from === 'target') for (const message of target.push(data)) yield* results.show(message, at);
    else for (const message of client.push(data)) if (message.type === FRONTEND.CopyData) yield copyData(message, at, 'client');
  }
}

interface Message {
  readonly type: number;
  readonly size: number;
  /** undefined: larger than what is shown. */
  readonly raw: Buffer | undefined;
}

/** Puts the parts of large messages together. */
class WholeMessages {
  readonly #decoder: { push(chunk: Buffer): Iterable<PgFrame> };
  #parts: Buffer[] = [];

  constructor(decoder: { push(chunk: Buffer): Iterable<PgFrame> }) {
    this.#decoder = decoder;
  }

  *push(data: Buffer): Generator<Message> {
    for (const { raw, first, last, type, size } of this.#decoder.push(data)) {
      if (first && last) yield { type, size, raw };
      else {
        const shown = size <= MAX_SHOWN_BYTES;
        if (shown) this.#parts.push(raw);
        if (!last) continue;
        yield { type, size, raw: shown ? Buffer.concat(this.#parts) : undefined };
        this.#parts = [];
      }
    }
  }
}

/** What the rows of the present result look like. */
class Results {
  #fields: readonly Field[] | undefined;
  /** A statement's Describe says text, whatever format the rows will have. */
  #formatsKnown = true;

  *show({ type, raw, size }: Message, at: number): Generator<ReplayItem> {
    if (raw === undefined) {
      yield type === BACKEND.DataRow
        ? { type: 'row', at, cells: [`<row of ${size} bytes>`] }
        : { type: 'data', at, from: 'target', text: `<${size} bytes>` };
      return;
    }
    switch (type) {
      case BACKEND.ParameterDescription:
        this.#formatsKnown = false;
        return;
      case BACKEND.RowDescription:
        this.#fields = decodeRowDescription(raw).fields;
        yield { type: 'columns', at, names: this.#fields.map((field) => field.name) };
        return;
      case BACKEND.DataRow:
        yield* this.#row(raw, at);
        return;
      case BACKEND.CommandComplete:
        this.#fields = undefined;
        this.#formatsKnown = true;
        yield { type: 'done', at, tag: decodeCommandComplete(raw).tag };
        return;
      case BACKEND.ErrorResponse: {
        const { fields } = decodeErrorOrNotice(raw);
        this.#fields = undefined;
        yield { type: 'error', at, code: fields.get('C') ?? '', message: fields.get('M') ?? '' };
        return;
      }
      case BACKEND.NoticeResponse:
        yield { type: 'notice', at, message: decodeErrorOrNotice(raw).fields.get('M') ?? '' };
        return;
      case BACKEND.CopyData:
        yield copyData({ type, raw, size }, at, 'target');
    }
  }

  *#row(raw: Buffer, at: number): Generator<ReplayItem> {
    const { cells } = decodeDataRow(raw);
    if (this.#fields === undefined) {
      // The client had asked for the description when it prepared the statement, long before.
      this.#fields = cells.map((_, index) => ({ ...NAMELESS, name: `column ${index + 1}` }));
      this.#formatsKnown = false;
      yield { type: 'columns', at, names: this.#fields.map((field) => field.name) };
    }
    yield {
      type: 'row',
      at,
      cells: cells.map((cell, index) => (cell === null ? null : this.#text(cell, this.#fields?.[index] ?? NAMELESS))),
    };
  }

  #text(cell: Buffer, { format, typeOid }: Field): string {
    const binary = format === 1 || (!this.#formatsKnown && !isPlainText(cell));
    return binary ? (binaryText(typeOid, cell) ?? `\\x${cell.toString('hex')}`) : cell.toString('utf8');
  }
}

const NAMELESS: Field = { name: '', tableOid: 0, column: 0, typeOid: 0, typeSize: -1, typeModifier: -1, format: 0 };

/** Valid UTF-8 without control characters but white space: no number or time in binary format looks like that. */
function isPlainText(cell: Buffer): boolean {
  const text = cell.toString('utf8');
  return !/[\0-\x08\x0e-\x1f\x7f\uFFFD]/.test(text);
}

function copyData({ raw, size }: Message, at: number, from: 'client' | 'target'): ReplayItem {
  return { type: 'data', at, from, text: raw === undefined ? `<${size} bytes>` : decodeCopyData(raw).toString('utf8') };
}
