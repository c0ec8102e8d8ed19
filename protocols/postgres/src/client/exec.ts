import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { type Endpoint, ExecError, type ExecItem, ItemQueue } from '@sallyport/core';
import type { Client, ClientConfig, Connection } from 'pg';
import { int32 } from '../codec/bytes.ts';
import { tagRows } from '../codec/query.ts';
import { encodeCancelRequest } from '../codec/startup-packets.ts';
import { SQLSTATE } from '../errors.ts';

/** How long the gateway may take to carry a CancelRequest out. */
const CANCEL_MS = 5_000;

/**
 * Runs a text of one or more statements through the gateway as a simple query. Rows stream: the
 * socket is paused while the reader is behind.
 *
 * @throws ExecError with the SQLSTATE; rows that came before it were yielded
 */
export async function* exec(endpoint: Endpoint, command: string, signal: AbortSignal): AsyncGenerator<ExecItem> {
  signal.throwIfAborted();
  const { default: pg } = await import('pg');
  const client = new pg.Client(await configOf(endpoint));
  const { connection } = client as unknown as { readonly connection: Connection };
  // Asked for each time: once TLS begins, the driver has another stream, and pausing the socket below holds nothing back.
  const items = new ItemQueue<ExecItem>({ pause: () => connection.stream.pause(), resume: () => connection.stream.resume() });
  let sent = false;
  const abort = (): void => {
    if (!sent) connection.stream.destroy(); // nothing runs yet, and sign-in knows no other end
    items.fail(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  client.on('notice', ({ message }) => items.push({ type: 'notice', message: message ?? '' }));
  client.on('error', (error) => items.fail(error)); // a connection that breaks behind the query's back
  try {
    await client.connect();
    client.query(new TextQuery(command, items));
    sent = true;
    yield* items;
  } catch (error) {
    signal.throwIfAborted();
    throw execError(error);
  } finally {
    signal.removeEventListener('abort', abort);
    if (signal.aborted && sent) await cancel(endpoint, client);
    connection.stream.resume();
    await client.end().catch(() => undefined);
  }
}

async function configOf({ host, port, user, token, database, caFile }: Endpoint): Promise<ClientConfig> {
  return {
    host,
    port,
    user,
    password: token,
    ...(database !== undefined && { database }),
    ssl: { ca: await readFile(caFile, 'utf8'), rejectUnauthorized: true },
    application_name: 'sallyport exec',
  };
}

/** A client that merely leaves stops nothing at the target. What the request carries is good for this session alone. */
async function cancel({ host, port }: Endpoint, client: Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { readonly processID: number; readonly secretKey: number };
  const socket = connect({ host, port, timeout: CANCEL_MS }).on('timeout', () => socket.destroy());
  socket.end(encodeCancelRequest({ processId: processID, secretKey: int32(secretKey) }));
  // The gateway's answer is the end of the connection. One that cannot be asked has ended the session as well.
  await once(socket.resume(), 'close').catch(() => undefined);
}

function execError(error: unknown): ExecError {
  if (error instanceof ExecError) return error;
  const { code, message } = error as { readonly code?: string; readonly message: string };
  return new ExecError(code ?? 'XX000', message, isDenial(code, message));
}

/** A rule, an approver or time said no. The target's own permissions say it with the same SQLSTATE; its time-outs do not. */
function isDenial(code: string | undefined, message: string): boolean {
  return code === SQLSTATE.denied || (code === SQLSTATE.cancelled && message.startsWith('Not run: '));
}

/**
 * What node-postgres drives a query by, as pg-cursor and pg-copy-streams do. Cells stay the text
 * that the target sent, and rows are handed on instead of being kept.
 */
class TextQuery {
  readonly text: string;
  readonly #items: ItemQueue<ExecItem>;

  constructor(text: string, items: ItemQueue<ExecItem>) {
    this.text = text;
    this.#items = items;
  }

  submit(connection: Connection): void {
    connection.query(this.text);
  }

  handleRowDescription(message: { readonly fields: readonly { readonly name: string }[] }): void {
    this.#items.push({ type: 'columns', names: message.fields.map((field) => field.name) });
  }

  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
    this.#items.push({ type: 'row', cells: message.fields });
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#items.push({ type: 'done', tag: message.text, rows: tagRows(message.text) ?? 0 });
  }

  handleEmptyQuery(): void {
    this.#items.push({ type: 'done', tag: '', rows: 0 });
  }

  handlePortalSuspended(): void {
    this.#items.fail(new Error('The gateway stopped in the middle of a result.'));
  }

  handleCopyInResponse(connection: Connection & { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail("exec sends no data to a COPY: load it with the target's own client (sallyport connect)");
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.#items.push({ type: 'copy', data: Buffer.from(chunk) }); // the driver reuses its memory
  }

  handleError(error: Error): void {
    this.#items.fail(error);
  }

  handleReadyForQuery(): void {
    this.#items.end();
  }
}
