import { GatewayError, type Out, ProtocolError } from '@sallyport/core';
import { BodyReader } from '../codec/body-reader.ts';
import { packets } from '../codec/bytes.ts';
import { CAPABILITY } from '../codec/capabilities.ts';
import { decodeColumn } from '../codec/columns.ts';
import { HEADER_BYTES, type MyFrame, packetEnd } from '../codec/frames.ts';
import { decodeEof, decodeErr, decodeOk, type Err, encodeErr, type Ok, STATUS } from '../codec/responses.ts';
import { decodePrepareOk } from '../codec/statements.ts';
import { errOf } from '../errors.ts';
import type { Conversation } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import { mayAlter } from './meaning.ts';
import { ResultRows } from './result-rows.ts';
import { EOF, ERR, endsRows, rowRun } from './row-run.ts';
import type { Run } from './run.ts';
import { scrubError, searchedText } from './scrub.ts';
import { NOTHING, toClient } from './steps.ts';

const OK = 0x00;
const LOCAL_INFILE = 0xfb;
/** A message that is looked into is put together; nothing but rows is that large in earnest. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** The most that a table or a select list may have. */
const MAX_COLUMNS = 4096;
const LAST_ROW_SENT = 0x0080;

/** Called with a prepared statement's answer. */
export type OnPrepared = (id: number, parameters: number) => void;

/** The target's direction: every packet belongs to the answer that is owed. */
export class TargetSide {
  readonly #conversation: Conversation;
  readonly #rows: ResultRows;
  readonly #onPrepared: OnPrepared;
  readonly #deprecateEof: boolean;
  /** Parts of the present message, where it is looked into. */
  #parts: Buffer[] | undefined;
  #bytes = 0;
  /** The present message, where it came as one packet. */
  #came: { readonly raw: Buffer; readonly payload: Buffer } | undefined;

  constructor(conversation: Conversation, onPrepared: OnPrepared) {
    this.#conversation = conversation;
    this.#rows = new ResultRows(conversation);
    this.#onPrepared = onPrepared;
    this.#deprecateEof = (conversation.capabilities & CAPABILITY.DEPRECATE_EOF) !== 0;
  }

  take(frame: MyFrame): readonly Out[] {
    if (frame.first && frame.last) return this.#packets(frame.raw);
    const { exchange } = this.#conversation;
    if (exchange === undefined) return this.#unasked(frame.payload, frame.raw);
    if (frame.first && exchange.phase === 'rows' && !endsRows(frame.payload[0], frame.size, this.#deprecateEof))
      return this.#rows.begin(frame, exchange);
    return frame.first || this.#parts !== undefined ? this.#collect(frame, exchange) : this.#rows.goOn(frame, exchange);
  }

  /** Messages of one packet each, which may belong to several answers' parts: rows by the thousand go as one. */
  #packets(raw: Buffer): readonly Out[] {
    const outs: Out[] = [];
    for (let at = 0; at < raw.length; ) {
      const { exchange } = this.#conversation;
      const rows = exchange?.phase === 'rows' ? rowRun(raw, at, exchange.sequence, this.#deprecateEof) : undefined;
      if (exchange !== undefined && rows !== undefined) {
        outs.push(...this.#rows.run(rows, exchange));
        at += rows.raw.length;
      } else {
        const end = packetEnd(raw, at);
        outs.push(...this.#packet(raw.subarray(at, end), exchange));
        at = end;
      }
    }
    return outs;
  }

  #packet(raw: Buffer, exchange: Exchange | undefined): readonly Out[] {
    const payload = raw.subarray(HEADER_BYTES);
    if (exchange === undefined) return this.#unasked(payload, raw);
    this.#came = { raw, payload };
    return this.#message(payload, raw[3] as number, exchange);
  }

  #collect(frame: MyFrame, exchange: Exchange): readonly Out[] {
    if (frame.first) {
      this.#parts = [];
      this.#bytes = 0;
    }
    this.#bytes += frame.payload.length;
    if (this.#bytes > MAX_MESSAGE_BYTES)
      throw new GatewayError(
        'ERR_LIMIT',
        `The target sent a message of more than ${MAX_MESSAGE_BYTES} bytes, of a kind that is never that large.`,
      );
    this.#parts?.push(frame.payload);
    if (!frame.last) return NOTHING;
    const whole = Buffer.concat(this.#parts ?? []);
    this.#parts = undefined;
    return this.#message(whole, frame.sequence, exchange);
  }

  #message(payload: Buffer, sequence: number, exchange: Exchange): readonly Out[] {
    if (payload.length === 0 && exchange.start.kind !== 'text') throw unexpected(exchange, payload);
    if (payload[0] === ERR) return this.#error(payload, exchange);
    switch (exchange.phase) {
      case 'answer':
        return this.#answer(payload, sequence, exchange);
      case 'definitions':
        return this.#definition(payload, exchange);
      case 'definitionsEnd':
        return this.#definitionsEnd(payload, exchange);
      case 'rows':
        return this.#rowsEnd(payload, exchange);
    }
  }

  #answer(payload: Buffer, sequence: number, exchange: Exchange): readonly Out[] {
    const { kind } = exchange.start;
    if (kind === 'text') return this.#over(exchange, payload);
    if (kind === 'prepare') return this.#prepared(payload, exchange);
    if (kind === 'status') {
      if (payload[0] !== OK && payload[0] !== EOF) throw unexpected(exchange, payload);
      return this.#done(exchange, payload, payload[0] === OK ? this.#ok(payload) : this.#end(payload));
    }
    if (payload[0] === OK) return this.#resultOver(exchange, payload, this.#ok(payload), true);
    if (payload[0] === LOCAL_INFILE) return this.#localInfile(payload, sequence, exchange);
    exchange.missing = new BodyReader(payload, 'target', 'result header').lenenc();
    if (exchange.missing > MAX_COLUMNS)
      throw new ProtocolError('target', `The target announced a result of more than ${MAX_COLUMNS} columns.`);
    if (exchange.missing === 0 || payload[0] === EOF) throw unexpected(exchange, payload);
    exchange.columns = [];
    exchange.phase = 'definitions';
    return this.#send(exchange, payload);
  }

  #prepared(payload: Buffer, exchange: Exchange): readonly Out[] {
    if (payload[0] !== OK) throw unexpected(exchange, payload);
    const { statement, columns, parameters } = decodePrepareOk(payload);
    this.#onPrepared(statement, parameters);
    exchange.missing = parameters > 0 ? parameters : columns;
    exchange.following = parameters > 0 ? columns : 0;
    if (exchange.missing === 0) return this.#over(exchange, payload);
    exchange.phase = 'definitions';
    return this.#send(exchange, payload);
  }

  #definition(payload: Buffer, exchange: Exchange): readonly Out[] {
    const { kind } = exchange.start;
    if (kind === 'fields') {
      return payload[0] === EOF ? this.#done(exchange, payload, this.#end(payload)) : this.#send(exchange, payload);
    }
    if (kind !== 'prepare') exchange.columns.push(decodeColumn(payload, this.#conversation.readName));
    const shown = this.#rows.definition(payload, exchange);
    exchange.missing -= 1;
    if (exchange.missing > 0) return this.#send(exchange, shown);
    if (!this.#deprecateEof) {
      exchange.phase = 'definitionsEnd';
      return this.#send(exchange, shown);
    }
    return this.#described(exchange, shown);
  }

  #definitionsEnd(payload: Buffer, exchange: Exchange): readonly Out[] {
    const end = decodeEof(payload);
    if (exchange.start.kind !== 'prepare' && end.status & STATUS.CURSOR_EXISTS) {
      this.#rows.plan(exchange);
      return this.#cursor(exchange, payload, end.status);
    }
    return this.#described(exchange, payload);
  }

  /** A list of definitions is complete. */
  #described(exchange: Exchange, payload: Buffer): readonly Out[] {
    if (exchange.start.kind === 'prepare') {
      if (exchange.following === 0) return this.#over(exchange, payload);
      exchange.missing = exchange.following;
      exchange.following = 0;
      exchange.phase = 'definitions';
    } else {
      exchange.phase = 'rows';
      this.#rows.plan(exchange);
    }
    return this.#send(exchange, payload);
  }

  #rowsEnd(payload: Buffer, exchange: Exchange): readonly Out[] {
    const end = this.#end(payload);
    const { kind, statement } = exchange.start;
    if (kind === 'execute' && end.status & STATUS.CURSOR_EXISTS) return this.#cursor(exchange, payload, end.status);
    if (kind !== 'fetch') return this.#resultOver(exchange, payload, end, false);
    if (end.status & LAST_ROW_SENT && statement !== undefined) {
      statement.cursor?.finish('completed');
      statement.cursor = undefined;
    }
    return this.#done(exchange, payload, end);
  }

  /** The rows come by COM_STMT_FETCH: until then the command is not over. */
  #cursor(exchange: Exchange, payload: Buffer, status: number): readonly Out[] {
    const { statement, run } = exchange.start;
    this.#conversation.status = status;
    if (statement !== undefined) {
      statement.columns = exchange.columns;
      statement.plan = exchange.plan;
      statement.cursor = run;
    }
    return this.#over(exchange, payload);
  }

  /** @param changed the statement returned no rows, but may have changed some. */
  #resultOver(exchange: Exchange, payload: Buffer, end: Pick<Ok, 'status'> & Partial<Ok>, changed: boolean): readonly Out[] {
    const conversation = this.#conversation;
    const { run, own } = exchange.start;
    if (changed) run?.affected(end.affectedRows ?? 0);
    const statement = run?.meaning.statements[exchange.results]?.analysis;
    if (statement?.prepare !== undefined && run?.meaning.statements.every(({ analysis }) => !analysis.opaque))
      conversation.prepared.set(statement.prepare.name, statement.prepare.analysis);
    exchange.results += 1;
    if ((end.status & STATUS.MORE_RESULTS) === 0) {
      run?.finish('completed');
      own?.done(true);
      return this.#done(exchange, payload, end);
    }
    exchange.phase = 'answer';
    exchange.plan = undefined;
    return this.#send(exchange, payload);
  }

  #error(payload: Buffer, exchange: Exchange): readonly Out[] {
    const { run, own, statement, kind, exposed } = exchange.start;
    const err = decodeErr(payload);
    const told = exposed ? scrubError(err, run?.meaning.text ?? '', isIndirect(exchange)) : err;
    const seen = own === undefined ? this.#searched(told, run) : told;
    const failure = { code: String(err.code), message: seen.message };
    run?.finish('failed', failure);
    if (kind === 'fetch') {
      statement?.cursor?.finish('failed', failure);
      if (statement !== undefined) statement.cursor = undefined;
    }
    own?.done(false);
    return this.#over(exchange, seen === err ? payload : encodeErr(seen));
  }

  /**
   * The target asks for a file of the client's machine, which no client of this gateway has offered: a rogue server would
   * read any. An empty packet tells it that there is none.
   */
  #localInfile(payload: Buffer, sequence: number, exchange: Exchange): readonly Out[] {
    const { run } = exchange.start;
    const message = 'The target asked for a file of your machine (LOAD DATA LOCAL): the gateway has refused.';
    this.#conversation.gate.note({
      type: 'refused',
      ...(run && { command: run.command }),
      message: `${message} ${payload.length - 1} bytes of file name.`,
    });
    const err = errOf('denied', message);
    run?.finish('failed', { code: String(err.code), message });
    const outs: Out[] = [{ to: 'target', data: packets(Buffer.alloc(0), sequence + 1) }, ...this.#send(exchange, encodeErr(err))];
    exchange.muted = true;
    return outs;
  }

  /** The answer is over, and what it says of the session holds. */
  #done(exchange: Exchange, payload: Buffer, end: Pick<Ok, 'status'>): readonly Out[] {
    this.#conversation.status = end.status;
    exchange.start.confirmed?.();
    return this.#over(exchange, payload);
  }

  #over(exchange: Exchange, payload: Buffer): readonly Out[] {
    const conversation = this.#conversation;
    const statements = exchange.start.run?.meaning.statements ?? [];
    const unclear = exchange.start.run?.meaning.analysis.failure !== undefined;
    if (unclear || statements.some(({ analysis }) => analysis.unsettles || analysis.sets.length > 0 || analysis.database !== undefined))
      conversation.unsettled = true;
    if (unclear || statements.some(({ analysis }) => mayAlter(analysis))) conversation.schema.invalidate();
    const outs = this.#send(exchange, payload);
    conversation.end();
    return outs;
  }

  #send(exchange: Exchange, payload: Buffer): readonly Out[] {
    if (exchange.silent) return NOTHING;
    const { sequence } = exchange;
    exchange.sequence += 1;
    const came = this.#came;
    const asItCame = came?.payload === payload && came.raw[3] === (sequence & 0xff);
    return toClient(asItCame ? came.raw : packets(payload, sequence));
  }

  /** What an error quotes may be sensitive by its form. */
  #searched(err: Err, run: Run | undefined): Err {
    const message = searchedText(err.message, this.#conversation.protection.textMask, (rule) => run?.masked(rule));
    return message === err.message ? err : { ...err, message };
  }

  #ok(payload: Buffer): Ok {
    return decodeOk(payload, this.#conversation.capabilities);
  }

  /** The end of rows: an EOF, or with DEPRECATE_EOF an OK that begins with 0xfe. */
  #end(payload: Buffer): Pick<Ok, 'status'> {
    if (payload[0] !== EOF) throw new ProtocolError('target', 'The target ended a result in a way that the protocol does not know.');
    return this.#deprecateEof && payload.length > 5 ? this.#ok(payload) : decodeEof(payload);
  }

  /** Only its last words may come unasked: that it shuts down, or has waited too long. */
  #unasked(payload: Buffer, raw: Buffer): readonly Out[] {
    if (payload[0] === ERR) return toClient(raw);
    throw new ProtocolError('target', 'The target sent a message that nobody asked for.');
  }
}

/** What ran was perhaps not only the client's own text: whatever writes may set off a trigger. */
function isIndirect({ start: { run } }: Exchange): boolean {
  const { analysis, classification } = run?.meaning ?? {};
  const { class: classes = [] } = classification ?? {};
  return classes.some((one) => one !== 'read' && one !== 'session') || (analysis?.statements.some(({ opaque }) => opaque) ?? false);
}

function unexpected(exchange: Exchange, payload: Buffer): ProtocolError {
  const first = payload.length === 0 ? 'an empty packet' : `a packet that begins with 0x${payload.toString('hex', 0, 1)}`;
  return new ProtocolError('target', `The target sent ${first} where the answer to a command of kind ${exchange.start.kind} belongs.`);
}
