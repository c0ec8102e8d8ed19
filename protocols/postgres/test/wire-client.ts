import type { Socket } from 'node:net';
import type { Target } from '@sallyport/core';
import { decodeErrorOrNotice } from '../src/codec/error-fields.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { decodeDataRow } from '../src/codec/rows.ts';
import { loginTarget } from '../src/startup/login-target.ts';
import { MessageReader } from '../src/startup/message-reader.ts';

const SETTINGS = new Map([
  ['client_encoding', 'UTF8'],
  ['application_name', 'wire client'],
]);
const END = 'end of the conversation';

/** Speaks raw messages at a server, directly or through a gateway. */
export class WireClient {
  readonly #socket: Awaited<ReturnType<typeof loginTarget>>['socket'];
  readonly #reader: MessageReader;

  private constructor(socket: Awaited<ReturnType<typeof loginTarget>>['socket']) {
    this.#socket = socket;
    this.#reader = new MessageReader(socket, 'target', AbortSignal.timeout(30_000));
  }

  static async connect(target: Target, database = 'postgres'): Promise<WireClient> {
    const { socket } = await loginTarget(target, database, SETTINGS, AbortSignal.timeout(15_000));
    return new WireClient(socket);
  }

  send(...messages: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(messages));
  }

  next(): Promise<Buffer> {
    return this.#reader.message(64 << 20);
  }

  /** Everything up to and with the next message of that type. */
  async until(type: number): Promise<Buffer[]> {
    const messages: Buffer[] = [];
    for (;;) {
      const message = await this.next();
      messages.push(message);
      if (message[0] === type) return messages;
    }
  }

  /** Runs a text of one or more statements. @throws Error with the target's words when it fails */
  async run(sql: string): Promise<void> {
    this.send(encodeQuery(sql));
    for (const raw of await this.until(BACKEND.ReadyForQuery)) {
      if (raw[0] === BACKEND.ErrorResponse) throw new Error(decodeErrorOrNotice(raw).fields.get('M'));
    }
  }

  /** Says all at once and gives all answers, without what differs each time: see {@link plain}. */
  async converse(messages: readonly Buffer[]): Promise<string[]> {
    this.send(...messages, encodeQuery(`SELECT '${END}'`));
    const answers: string[] = [];
    for (let last = false; ; ) {
      const raw = await this.next();
      if (raw[0] === BACKEND.DataRow && decodeDataRow(raw).cells[0]?.toString() === END) last = true;
      answers.push(plain(raw));
      if (last && raw[0] === BACKEND.ReadyForQuery) return answers;
    }
  }

  /** Says no more. Answers still arrive. */
  end(): void {
    this.#socket.end();
  }

  /** Goes without a word; not inside TLS. */
  reset(): void {
    (this.#socket as Socket).resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Process ids of notifications differ, and places in the server's source do not matter. */
function plain(raw: Buffer): string {
  const type = String.fromCharCode(raw[0] ?? 0);
  if (raw[0] === BACKEND.NotificationResponse) raw.fill(0, 5, 9);
  if (raw[0] !== BACKEND.ErrorResponse) return `${type} ${raw.toString('latin1', 5, Math.min(raw.length, 300))} ${raw.length}`;
  const fields = [...decodeErrorOrNotice(raw).fields].filter(([field]) => !'FLR'.includes(field));
  return `${type} ${JSON.stringify(fields)}`;
}
