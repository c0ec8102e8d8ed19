import { createHash, type Hash } from 'node:crypto';
import type { Gate, Side, TextMask, TextStream } from '@sallyport/core';
import type { ClientRequest } from '../message/client-request.ts';
import { type Fields, field } from '../message/fields.ts';
import { encodeMessage } from './message.ts';

/** What signs somebody in, at the gateway or at the target: never recorded. */
const SECRET: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'x-access-token',
  'x-csrf-token',
  'x-xsrf-token',
  'x-amz-security-token',
  'x-goog-api-key',
  'private-token',
  'sec-websocket-key',
  'sec-websocket-accept',
]);
const REMOVED = '[removed]';

/** Where the record gets one exchange, message by message. */
export class ExchangeRecord {
  readonly exchange: number;
  readonly #gate: Gate;
  readonly #secret: ReadonlySet<string>;

  /** @param secret further names of fields, in lower case, that sign somebody in. */
  constructor(gate: Gate, exchange: number, secret: readonly string[]) {
    this.#gate = gate;
    this.exchange = exchange;
    this.#secret = secret.length === 0 ? SECRET : new Set([...SECRET, ...secret]);
  }

  /** A request's head; of HTTP/2 with the host that it is for, as HTTP/1.1 has it. */
  request(line: string, { fields: sent, authority }: Pick<ClientRequest, 'fields' | 'authority'>): void {
    const fields = authority === '' || field(sent, 'host') !== undefined ? sent : ([['host', authority], ...sent] as const);
    this.#gate.record('client', encodeMessage({ type: 'request', exchange: this.exchange, line, fields: this.#showable(fields) }));
  }

  /** The request has just been noted as this command. */
  judged(command: number): void {
    this.#gate.record('client', encodeMessage({ type: 'judged', exchange: this.exchange, command }));
  }

  response(line: string, fields: Fields): void {
    this.#gate.record('target', encodeMessage({ type: 'response', exchange: this.exchange, line, fields: this.#showable(fields) }));
  }

  /** A short answer of the gateway's own, whole. */
  answer(line: string, fields: Fields, data: Buffer | undefined): void {
    this.response(line, fields);
    if (data !== undefined) this.#gate.record('target', encodeMessage({ type: 'data', exchange: this.exchange, data }));
  }

  trailers(side: Side, fields: Fields): void {
    if (fields.length === 0) return;
    this.#gate.record(side, encodeMessage({ type: 'trailers', exchange: this.exchange, fields: this.#showable(fields) }));
  }

  websocket(side: Side, opcode: number, data: Buffer): void {
    this.#gate.record(side, encodeMessage({ type: 'websocket', exchange: this.exchange, opcode, data }));
  }

  /**
   * @param most bytes that are recorded.
   * @param mask where the record must show less than what passes.
   */
  body(side: Side, most: number, mask?: TextStream): BodyRecord {
    return new BodyRecord(this.#gate, this.exchange, side, most, mask);
  }

  #showable(fields: Fields): Fields {
    const { textMask } = this.#gate;
    return fields.map(([name, value]) => [name, this.#secret.has(name) ? REMOVED : shown(value, textMask)] as const);
  }
}

function shown(value: string, mask: TextMask | undefined): string {
  if (mask === undefined) return value;
  const bytes = Buffer.from(value, 'latin1');
  return mask.value(bytes, 0, bytes.length, () => undefined)?.toString('latin1') ?? value;
}

/** One body in the record, up to a bound; of the rest it has size and SHA-256. */
export class BodyRecord {
  readonly #gate: Gate;
  readonly #exchange: number;
  readonly #side: Side;
  readonly #most: number;
  readonly #mask: TextStream | undefined;
  /** Begun where the bound is reached: most bodies stay below it, and are recorded whole. */
  #digest: Hash | undefined;
  #recorded = 0;
  #bytes = 0;

  constructor(gate: Gate, exchange: number, side: Side, most: number, mask: TextStream | undefined) {
    this.#gate = gate;
    this.#exchange = exchange;
    this.#side = side;
    this.#most = most;
    this.#mask = mask;
  }

  /** Bytes that have passed. */
  get bytes(): number {
    return this.#bytes;
  }

  write(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#keep(this.#mask === undefined ? chunk : this.#mask.push(chunk));
  }

  /** Says how much there was. */
  end(): void {
    if (this.#mask !== undefined) this.#keep(this.#mask.flush());
    if (this.#digest === undefined) return;
    const end = { bytes: this.#bytes, unrecorded: this.#bytes - this.#recorded, sha256: this.#digest.digest() };
    this.#gate.record(this.#side, encodeMessage({ type: 'end', exchange: this.#exchange, ...end }));
  }

  /** Says how much more there was that nobody records. @param sha256 of that */
  endWith(bytes: number, sha256: Buffer): void {
    if (this.#mask !== undefined) this.#keep(this.#mask.flush());
    const end = { bytes: this.#bytes + bytes, unrecorded: bytes, sha256 };
    this.#gate.record(this.#side, encodeMessage({ type: 'end', exchange: this.#exchange, ...end }));
  }

  #keep(data: Buffer): void {
    const fits = data.subarray(0, this.#most - this.#recorded);
    this.#recorded += fits.length;
    if (fits.length > 0) this.#gate.record(this.#side, encodeMessage({ type: 'data', exchange: this.#exchange, data: fits }));
    if (fits.length === data.length) return;
    this.#digest ??= createHash('sha256');
    this.#digest.update(data.subarray(fits.length));
  }
}
