import { STATUS_CODES } from 'node:http';
import type { ExchangeItem, SessionRow, Side } from '@sallyport/core';
import { RecordedBody, textOf } from './recorded-body.ts';
import type { CommandEvent, RecordedEvent, ResultEvent } from './vocabulary.ts';
import { isWholeAnswer } from './whole-answer.ts';

/** What is kept of a body; what is recorded of one is usually far less. */
const KEPT_BYTES = 32 << 20;
/** What is kept of a WebSocket's messages. */
const KEPT_MESSAGES = 32 << 20;
const TEXT_FRAME = 1;

type Head = Extract<ExchangeItem, { readonly type: 'request' | 'response' }>;
type Fields = Head['fields'];

/** A message of a WebSocket: {@link https://chromium.googlesource.com/devtools/devtools-frontend/+/refs/heads/main/front_end/models/har/Log.ts Chromium's own field}. */
interface WebSocketMessage {
  readonly type: 'send' | 'receive';
  /** Seconds since the epoch. */
  readonly time: number;
  readonly opcode: number;
  readonly data: string;
}

/** One exchange while it is put together. */
export class HarEntry {
  readonly exchange: number;
  readonly #row: SessionRow;
  readonly #request: Head;
  readonly #bodies: Record<Side, RecordedBody> = { client: new RecordedBody(KEPT_BYTES), target: new RecordedBody(KEPT_BYTES) };
  readonly #commands = new Map<number, CommandEvent>();
  readonly #running = new Set<number>();
  readonly #told: string[] = [];
  readonly #messages: WebSocketMessage[] = [];
  #messageBytes = 0;
  #response: Head | undefined;
  /** When a held request was let pass. */
  #released: number | undefined;
  #refused = false;
  #result: ResultEvent | undefined;
  /** A result came, and nothing will follow it. */
  #ended = false;
  #last: number;

  constructor(row: SessionRow, request: Head) {
    this.#row = row;
    this.#request = request;
    this.exchange = request.exchange;
    this.#last = request.at;
  }

  /** All that it was judged as has ended, and its answer too: of a denial, and of what broke, it comes behind. */
  get over(): boolean {
    if (this.#running.size > 0) return false;
    return this.#ended || isWholeAnswer(this.#request, this.#response, this.#bodies.target.bytes);
  }

  /** The commands that it was judged as. */
  get commands(): Iterable<number> {
    return this.#commands.keys();
  }

  judged(command: CommandEvent): void {
    this.#commands.set(command.command, command);
    if (command.ruling === 'deny') this.#refused = true;
    else this.#running.add(command.command);
  }

  take(item: Exclude<ExchangeItem, { readonly type: 'judged' }>): void {
    this.#last = Math.max(this.#last, item.at);
    if (item.type === 'response') this.#response = item as Head;
    else if (item.type === 'body' || item.type === 'cut') this.#bodies[item.from].push(item);
    else if (item.type === 'websocket') this.#message(item);
  }

  event(event: RecordedEvent): void {
    this.#last = Math.max(this.#last, event.at);
    const { type, approval } = event as { readonly type: string; readonly approval?: string };
    if (type === 'released') this.#released = event.at;
    else if (type === 'result') {
      this.#result = event as unknown as ResultEvent;
      this.#ended = this.#response !== undefined || this.#result.error === undefined;
    } else if (type !== 'denied' && type !== 'expired' && type !== 'cancelled' && type !== 'deferred') return;
    if (type !== 'result') this.#told.push(approval === undefined ? type : `${type} by ${approval}`);
    if (type !== 'released') this.#running.delete(Number(event['command']));
    if (type !== 'released' && type !== 'result') this.#refused = true;
  }

  json(): string {
    const { at } = this.#request;
    const waited = this.#released === undefined ? -1 : this.#released - at;
    const answered = this.#response?.at ?? this.#last;
    const begun = this.#released ?? at;
    return JSON.stringify({
      startedDateTime: new Date(at).toISOString(),
      time: this.#last - at,
      request: this.#requestJson(),
      response: this.#responseJson(),
      cache: {},
      timings: { blocked: waited, dns: -1, connect: -1, ssl: -1, send: 0, wait: answered - begun, receive: this.#last - answered },
      connection: this.#row.id,
      comment: this.#comment(),
      ...(this.#messages.length > 0 && { _resourceType: 'websocket', _webSocketMessages: this.#messages }),
      _sallyport: this.#ownJson(),
    });
  }

  #requestJson(): object {
    const { line, fields } = this.#request;
    const [method = '', target = '', httpVersion = ''] = line.split(' ');
    const body = this.#bodies.client;
    const scheme = this.#row.facts['tls'] === undefined && this.#row.facts['forward'] === undefined ? 'http' : 'https';
    const host = method === 'CONNECT' ? '' : (fieldIn(fields, 'host') ?? this.#row.target);
    const url = /^https?:/i.test(target) ? target : `${scheme}://${host}${target}`;
    return {
      method,
      url,
      httpVersion,
      cookies: [],
      headers: headersOf(fields),
      queryString: queryOf(target),
      ...(body.bytes > 0 && { postData: postData(body, fields) }),
      headersSize: -1,
      bodySize: body.bytes,
    };
  }

  #responseJson(): object {
    const [httpVersion = '', said = ''] = this.#response?.line.split(' ') ?? [];
    const fields = this.#response?.fields ?? [];
    // Where the answer is not recorded, what was ruled tells of it.
    const status = this.#response === undefined ? (this.#result?.status ?? (this.#refused ? 403 : 0)) : Number(said);
    const error = this.#result?.error;
    return {
      status,
      statusText: STATUS_CODES[status] ?? '',
      httpVersion,
      cookies: [],
      headers: headersOf(fields),
      content: contentOf(this.#bodies.target, fields),
      redirectURL: fieldIn(fields, 'location') ?? '',
      headersSize: -1,
      bodySize: this.#bodies.target.bytes,
      ...(error !== undefined && error.code !== String(status) && { _error: `${error.code}: ${error.message}` }),
    };
  }

  #comment(): string {
    const rulings = [...this.#commands.values()].map(({ command, ruling, rule }) =>
      [`command ${command}: ${ruling}`, ...(rule.length > 0 ? [`by ${rule.join(', ')}`] : [])].join(' '),
    );
    return [`session ${this.#row.id}`, ...rulings, ...this.#told].join('; ');
  }

  #ownJson(): object {
    const commands = [...this.#commands.values()].map(({ command, text, class: classes, ruling, rule }) => ({
      command,
      text,
      class: classes,
      ruling,
      rule,
    }));
    return { session: this.#row.id, identity: this.#row.identity, exchange: this.exchange, commands, masked: this.#result?.masked ?? {} };
  }

  #message({ at, from, opcode, data }: Extract<ExchangeItem, { readonly type: 'websocket' }>): void {
    this.#messageBytes += data.length;
    if (this.#messageBytes > KEPT_MESSAGES) return;
    const text = opcode === TEXT_FRAME ? data.toString() : data.toString('base64');
    this.#messages.push({ type: from === 'client' ? 'send' : 'receive', time: at / 1_000, opcode, data: text });
  }
}

function headersOf(fields: Fields): readonly { readonly name: string; readonly value: string }[] {
  return fields.map(([name, value]) => ({ name, value }));
}

function fieldIn(fields: Fields, wanted: string): string | undefined {
  return fields.find(([name]) => name === wanted)?.[1];
}

function queryOf(target: string): readonly { readonly name: string; readonly value: string }[] {
  const at = target.indexOf('?');
  return at < 0 ? [] : [...new URLSearchParams(target.slice(at + 1))].map(([name, value]) => ({ name, value }));
}

/** Text as text; HAR 1.2 has no place for other bytes here, so they stand as base64 and say so. */
function postData(body: RecordedBody, fields: Fields): object {
  const { text, encoding } = shownOf(body, fields);
  const notes = [...(encoding === undefined ? [] : ['the text is base64']), ...cutOf(body)];
  return {
    mimeType: fieldIn(fields, 'content-type') ?? '',
    params: [],
    text,
    ...(encoding !== undefined && { _encoding: encoding }),
    ...(notes.length > 0 && { comment: notes.join('; ') }),
  };
}

function contentOf(body: RecordedBody, fields: Fields): object {
  const { text, encoding, size } = shownOf(body, fields);
  const notes = cutOf(body);
  return {
    size,
    ...(size > body.bytes && { compression: size - body.bytes }),
    mimeType: fieldIn(fields, 'content-type') ?? '',
    ...(text !== '' && { text }),
    ...(encoding !== undefined && { encoding }),
    ...(notes.length > 0 && { comment: notes.join('; ') }),
  };
}

/** A body without its content codings, as text where it is text. */
function shownOf(body: RecordedBody, fields: Fields): { readonly text: string; readonly encoding?: string; readonly size: number } {
  const content = body.content(fieldIn(fields, 'content-encoding'));
  const text = content && textOf(content, fieldIn(fields, 'content-type'), !body.whole);
  const size = body.whole ? (content ?? body.raw).length : body.bytes;
  return text === undefined ? { text: (content ?? body.raw).toString('base64'), encoding: 'base64', size } : { text, size };
}

function cutOf(body: RecordedBody): readonly string[] {
  if (body.whole) return [];
  const rest = body.restSha256 === undefined ? '' : `, SHA-256 of the rest ${body.restSha256}`;
  return [`${body.bytes} bytes passed, the first ${body.raw.length} are here${rest}`];
}
