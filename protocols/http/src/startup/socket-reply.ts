import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Reply } from '../message/client-request.ts';
import { type Fields, flat } from '../message/fields.ts';
import { Departing } from './departing.ts';
import { drained } from './drained.ts';

const SWITCHING = 101;

/** An answer on a connection that was to become something else: it is the last one there. */
export class SocketReply extends Departing implements Reply {
  readonly #socket: Duplex;
  #started = false;

  constructor(socket: Duplex) {
    super();
    this.#socket = socket;
    socket.on('error', () => undefined); // the close says it
    socket.once('close', () => this.leave());
  }

  get started(): boolean {
    return this.#started;
  }

  continue(): void {
    // Nobody who asks for an upgrade waits for it.
  }

  head(status: number, fields: Fields, end = false): void {
    this.#started = true;
    const lines = flat(fields);
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    // Without a length it is the connection's end that ends the answer.
    if (status !== SWITCHING && !fields.some(([name]) => name === 'connection')) lines.push('connection', 'close');
    for (let at = 0; at < lines.length; at += 2) text += `${lines[at]}: ${lines[at + 1]}\r\n`;
    this.#socket.write(Buffer.from(`${text}\r\n`, 'latin1'));
    if (end) this.#socket.end();
  }

  flush(): void {
    // A head is written at once.
  }

  write(chunk: Buffer): boolean {
    return this.#socket.write(chunk);
  }

  drained(): Promise<void> {
    return drained(this.#socket);
  }

  end(last?: Buffer): void {
    if (last === undefined) this.#socket.end();
    else this.#socket.end(last);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
