import type { Gate, Side, TextMask, TextStream } from '@sallyport/core';
import { type BodyDigest, digestHere } from '../digest/body-digest.ts';
import type { ClientRequest } from '../message/client-request.ts';
import { type Fields, field } from '../message/fields.ts';
import { type ExchangeMessage, encodeMessage } from './message.ts';

/** What signs somebody in, at the gateway or at the target: never recorded. */
export const SECRET_FIELDS: ReadonlySet<string> = new Set([
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

type BodyMessage = Unnumbered<Extract<ExchangeMessage, { readonly type: 'data' | 'end' }>>;
type Unnumbered<M> = M extends unknown ? Omit<M, 'exchange'> : never;

/** Where the record gets one exchange, message by message. */
export class ExchangeRecord {
  readonly exchange: number;
  readonly #gate: Gate;
  readonly #secret: ReadonlySet<string>;
  /** Of an answer whose body follows. */
  #head: Buffer | undefined;

  /** @param secret names of fields, in lower case, that sign somebody in. */
  constructor(gate: Gate, exchange: number, secret: ReadonlySet<string>) {
    this.#gate = gate;
    this.exchange = exchange;
    this.#secret = secret;
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

  /** @param more what comes next follows soon: head and beginning of the body are one entry then. Until {@link flush}. */
  response(line: string, fields: Fields, more = false): void {
    this.#head = encodeMessage({ type: 'response', exchange: this.exchange, line, fields: this.#showable(fields) });
    if (!more) this.flush();
  }

  /** Records a head that still waits for its body. */
  flush(): void {
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined) this.#gate.record('target', head);
  }

  /** A short answer of the gateway's own, whole. */
  answer(line: string, fields: Fields, data: Buffer | undefined): void {
    this.response(line, fields);
    if (data !== undefined) this.#gate.record('target', encodeMessage({ type: 'data', exchange: this.exchange, data }));
  }

  trailers(side: Side, fields: Fields): void {
    if (fields.length === 0) return;
    this.flush();
    this.#gate.record(side, encodeMessage({ type: 'trailers', exchange: this.exchange, fields: this.#showable(fields) }));
  }

  websocket(side: Side, opcode: number, data: Buffer): void {
    this.#gate.record(side, encodeMessage({ type: 'websocket', exchange: this.exchange, opcode, data }));
  }

  /**
   * @param most bytes that are recorded.
   * @param mask where the record must show less than what passes.
   * @param digest begins the digest of what is not recorded.
   */
  body(side: Side, most: number, mask?: TextStream, digest: () => BodyDigest = digestHere): BodyRecord {
    return new BodyRecord((message) => this.#body(side, message), most, mask, digest);
  }

  #body(side: Side, message: BodyMessage): void {
    const bytes = encodeMessage({ ...message, exchange: this.exchange });
    const head = side === 'target' ? this.#head : undefined;
    if (side === 'target') this.#head = undefined;
    this.#gate.record(side, head === undefined ? bytes : Buffer.concat([head, bytes]));
  }

  #showable(fields: Fields): Fields {
    const { textMask } = this.#gate;
    return fields.map((line) => {
      const [name, value] = line;
      if (this.#secret.has(name)) return [name, REMOVED];
      return textMask === undefined ? line : [name, shown(value, textMask)];
    });
  }
}

function shown(value: string, mask: TextMask): string {
  const bytes = Buffer.from(value, 'latin1');
  return mask.value(bytes, 0, bytes.length, () => undefined)?.toString('latin1') ?? value;
}

/** One body in the record, up to a bound; of the rest it has size and SHA-256. */
export class BodyRecord {
  readonly #record: (message: BodyMessage) => void;
  readonly #most: number;
  readonly #begin: () => BodyDigest;
  #mask: TextStream | undefined;
  /** Begun where the bound is reached: most bodies stay below it, and are recorded whole. */
  #digest: BodyDigest | undefined;
  #recorded = 0;
  #bytes = 0;

  constructor(record: (message: BodyMessage) => void, most: number, mask: TextStream | undefined, begin: () => BodyDigest) {
    this.#record = record;
    this.#most = most;
    this.#mask = mask;
    this.#begin = begin;
  }

  /** Bytes that have passed. */
  get bytes(): number {
    return this.#bytes;
  }

  write(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#keep(this.#mask === undefined ? chunk : this.#mask.push(chunk));
  }

  /** undefined: more is welcome; else resolves when it is. @throws GatewayError ERR_RECORDING */
  room(): Promise<void> | undefined {
    return this.#digest?.room();
  }

  /** Nothing more comes: {@link end} may be called when this has resolved. @throws GatewayError ERR_RECORDING */
  finish(): Promise<void> | undefined {
    this.#flush();
    return this.#digest?.finish();
  }

  /** Nobody will call {@link end}, or somebody did. */
  drop(): void {
    this.#digest?.drop();
  }

  /** Says how much there was. Whose digest is not computed here calls {@link finish} first. */
  end(): void {
    this.#flush();
    if (this.#digest === undefined) return;
    this.#record({ type: 'end', bytes: this.#bytes, unrecorded: this.#bytes - this.#recorded, sha256: this.#digest.digest() });
  }

  /** Says how much more there was that nobody records. @param sha256 of that */
  endWith(bytes: number, sha256: Buffer): void {
    this.#flush();
    this.#record({ type: 'end', bytes: this.#bytes + bytes, unrecorded: bytes, sha256 });
  }

  #flush(): void {
    if (this.#mask !== undefined) this.#keep(this.#mask.flush());
    this.#mask = undefined;
  }

  #keep(data: Buffer): void {
    const fits = data.subarray(0, this.#most - this.#recorded);
    this.#recorded += fits.length;
    if (fits.length > 0) this.#record({ type: 'data', data: fits });
    if (fits.length === data.length) return;
    this.#digest ??= this.#begin();
    this.#digest.update(data.subarray(fits.length));
  }
}
