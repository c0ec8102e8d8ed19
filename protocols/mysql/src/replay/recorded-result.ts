import type { RecordedFrames, ReplayItem } from '@sallyport/core';
import { BodyReader } from '../codec/body-reader.ts';
import { CAPABILITY } from '../codec/capabilities.ts';
import { type ColumnDefinition, decodeColumn, UNSIGNED_FLAG } from '../codec/columns.ts';
import { COMMAND } from '../codec/commands.ts';
import { packetDecoder } from '../codec/decoder.ts';
import type { MyFrame } from '../codec/frames.ts';
import { SSL_REQUEST_BYTES } from '../codec/handshake.ts';
import { decodeEof, decodeErr, decodeOk, STATUS } from '../codec/responses.ts';
import { binaryCells, textCells } from '../codec/rows.ts';
import { textOf, valueText } from '../codec/values.ts';

/** A larger message is shown by its size. */
const MAX_SHOWN_BYTES = 16 * 1024 * 1024;

/**
 * A recording's wire bytes as results again. The client's side holds the agreed capabilities, and of each command its
 * first bytes: without them nobody could tell what an answer is.
 */
export async function* decodeRecording(frames: AsyncIterable<RecordedFrames>): AsyncGenerator<ReplayItem> {
  const answers = new Answers();
  for await (const { from, at, data } of frames) {
    if (from === 'client') for (const { payload } of packetDecoder('client').push(data)) answers.command(payload);
    else yield* answers.show(data, at);
  }
}

/** Reads answers by the command that they belong to. */
class Answers {
  #decoder = packetDecoder('target');
  #deprecateEof = false;
  #capabilities = 0;
  #command = 0;
  #statement = 0;
  #phase: 'answer' | 'definitions' | 'definitionsEnd' | 'rows' = 'answer';
  #missing = 0;
  #following = 0;
  #columns: ColumnDefinition[] = [];
  #rows = 0;
  /** Columns of open cursors, by statement. */
  readonly #cursors = new Map<number, ColumnDefinition[]>();
  #parts: Buffer[] = [];
  #bytes = 0;

  command(payload: Buffer): void {
    if (payload.length === SSL_REQUEST_BYTES) {
      this.#capabilities = payload.readUInt32LE();
      this.#deprecateEof = (this.#capabilities & CAPABILITY.DEPRECATE_EOF) !== 0;
      return;
    }
    this.#command = payload[0] ?? 0;
    this.#statement = payload.length >= 5 ? payload.readUInt32LE(1) : 0;
    this.#decoder = packetDecoder('target'); // what is missing of the answer before was not recorded
    this.#parts = [];
    this.#bytes = 0;
    this.#rows = 0;
    const fetched = this.#command === COMMAND.STMT_FETCH;
    if (fetched) this.#columns = this.#cursors.get(this.#statement) ?? [];
    this.#phase = fetched ? 'rows' : this.#command === COMMAND.FIELD_LIST ? 'definitions' : 'answer';
  }

  *show(data: Buffer, at: number): Generator<ReplayItem> {
    for (const frame of this.#decoder.push(data)) {
      const whole = this.#whole(frame);
      if (whole === undefined) continue;
      if (whole.size > MAX_SHOWN_BYTES) yield { type: 'row', at, cells: [`<row of ${whole.size} bytes>`] };
      else yield* this.#message(whole.payload, at);
    }
  }

  #whole({ payload, first, last }: MyFrame): { readonly payload: Buffer; readonly size: number } | undefined {
    if (first && last) return { payload, size: payload.length };
    this.#bytes += payload.length;
    if (this.#bytes <= MAX_SHOWN_BYTES) this.#parts.push(payload);
    if (!last) return undefined;
    const whole = { payload: Buffer.concat(this.#parts), size: this.#bytes };
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }

  *#message(payload: Buffer, at: number): Generator<ReplayItem> {
    if (payload[0] === 0xff) {
      const { code, message } = decodeErr(payload);
      this.#phase = 'answer';
      yield { type: 'error', at, code: String(code), message };
    } else if (this.#phase === 'answer') yield* this.#answer(payload, at);
    else if (this.#phase === 'definitions') yield* this.#definition(payload, at);
    else if (this.#phase === 'definitionsEnd') yield* this.#described(at, decodeEof(payload).status);
    else if (this.#endsRows(payload)) yield* this.#rowsEnd(payload, at);
    else {
      this.#rows += 1;
      yield { type: 'row', at, cells: this.#cells(payload) };
    }
  }

  *#answer(payload: Buffer, at: number): Generator<ReplayItem> {
    if (this.#command === COMMAND.STATISTICS) {
      yield { type: 'data', at, from: 'target', text: payload.toString() };
    } else if (this.#command === COMMAND.STMT_PREPARE) {
      const body = new BodyReader(payload.subarray(5), 'target', 'COM_STMT_PREPARE_OK');
      const [columns, parameters] = [body.int(2), body.int(2)];
      this.#missing = parameters > 0 ? parameters : columns;
      this.#following = parameters > 0 ? columns : 0;
      this.#phase = this.#missing > 0 ? 'definitions' : 'answer';
    } else if (payload[0] === 0x00) {
      const { affectedRows } = decodeOk(payload, this.#capabilities);
      yield { type: 'done', at, tag: `OK, ${affectedRows} rows affected` };
    } else if (payload[0] !== 0xfe) {
      this.#missing = new BodyReader(payload, 'target', 'result header').lenenc();
      this.#columns = [];
      this.#phase = 'definitions';
    }
  }

  *#definition(payload: Buffer, at: number): Generator<ReplayItem> {
    const prepare = this.#command === COMMAND.STMT_PREPARE;
    if (this.#command === COMMAND.FIELD_LIST) {
      if (payload[0] === 0xfe) this.#phase = 'answer';
      return;
    }
    if (!prepare) this.#columns.push(decodeColumn(payload));
    this.#missing -= 1;
    if (this.#missing > 0) return;
    if (this.#deprecateEof) yield* this.#described(at, 0);
    else this.#phase = 'definitionsEnd';
  }

  *#described(at: number, status: number): Generator<ReplayItem> {
    if (this.#command === COMMAND.STMT_PREPARE) {
      this.#missing = this.#following;
      this.#following = 0;
      this.#phase = this.#missing > 0 ? 'definitions' : 'answer';
      return;
    }
    yield { type: 'columns', at, names: this.#columns.map(({ name }) => name) };
    this.#phase = 'rows';
    if (status & STATUS.CURSOR_EXISTS) this.#openCursor();
  }

  *#rowsEnd(payload: Buffer, at: number): Generator<ReplayItem> {
    const { status } = this.#deprecateEof && payload.length > 5 ? decodeOk(payload, this.#capabilities) : decodeEof(payload);
    this.#phase = 'answer';
    if (this.#command === COMMAND.STMT_EXECUTE && status & STATUS.CURSOR_EXISTS) this.#openCursor();
    else yield { type: 'done', at, tag: `${this.#rows} rows` };
    this.#rows = 0;
  }

  #openCursor(): void {
    this.#cursors.set(this.#statement, this.#columns);
    this.#phase = 'answer';
  }

  #endsRows(payload: Buffer): boolean {
    return payload[0] === 0xfe && payload.length < (this.#deprecateEof ? 0xff_ff_ff : 9);
  }

  #cells(payload: Buffer): (string | null)[] {
    const columns = this.#columns;
    const binary = this.#command === COMMAND.STMT_EXECUTE || this.#command === COMMAND.STMT_FETCH;
    const cells = binary ? binaryCells(payload, columns) : textCells(payload, columns.length);
    return cells.map(({ value }, index) => {
      if (value === undefined) return null;
      const column = columns[index];
      const text = binary && column !== undefined ? valueText(value, column.type, (column.flags & UNSIGNED_FLAG) !== 0) : textOf(value);
      return text ?? `0x${value.toString('hex')}`;
    });
  }
}
