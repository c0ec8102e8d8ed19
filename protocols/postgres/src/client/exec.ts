import { readFile } from 'node:fs/promises';
import { type Endpoint, ExecError, type ExecItem, ItemQueue } from '@sallyport/core';
import type { ClientConfig, Connection } from 'pg';
import { tagRows } from '../codec/query.ts';

/** A rule, an approver or time said no; the target's own permissions say it with the same SQLSTATE. */
const DENIALS = new Set(['42501', '57014']);

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
  const socket = (client as unknown as { readonly connection: Connection }).connection.stream;
  const items = new ItemQueue<ExecItem>(socket);
  const abort = (): void => {
    socket.destroy();
    items.fail(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  client.on('notice', ({ message }) => items.push({ type: 'notice', message: message ?? '' }));
  client.on('error', (error) => items.fail(error)); // a connection that breaks behind the query's back
  try {
    await client.connect();
    client.query(new TextQuery(command, items));
    yield* items;
  } catch (error) {
    signal.throwIfAborted();
    throw execError(error);
  } finally {
    signal.removeEventListener('abort', abort);
    socket.resume();
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

function execError(error: unknown): ExecError {
  if (error instanceof ExecError) return error;
  const { code, message } = error as { readonly code?: string; readonly message: string };
  return new ExecError(code ?? 'XX000', message, code !== undefined && DENIALS.has(code));
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
    connection.sendCopyFail('exec sends no COPY data');
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.#items.push({ type: 'row', cells: [chunk.toString('utf8').replace(/\n$/, '')] });
  }

  handleError(error: Error): void {
    this.#items.fail(error);
  }

  handleReadyForQuery(): void {
    this.#items.end();
  }
}
