import { readFile } from 'node:fs/promises';
import { type Endpoint, ExecError, type ExecItem, ItemQueue } from '@sallyport/core';
import type { ConnectionOptions, FieldPacket, QueryError, ResultSetHeader } from 'mysql2';
import { LEAVING } from '../leaving.ts';

/** A rule, an approver or time said no; the target's own permissions say it with the same errno. */
const DENIALS: ReadonlySet<number> = new Set([1227, 1317]);

/**
 * Runs a text of one or more statements through the gateway. Rows stream: the socket is paused while the reader is
 * behind. What still runs when `signal` aborts is cancelled at the target, for the gateway knows {@link LEAVING}.
 *
 * @throws ExecError with the errno; rows that came before it were yielded
 */
export async function* exec(endpoint: Endpoint, command: string, signal: AbortSignal): AsyncGenerator<ExecItem> {
  signal.throwIfAborted();
  const { default: mysql } = await import('mysql2');
  const connection = mysql.createConnection(await optionsOf(endpoint));
  const items = new ItemQueue<ExecItem>({ pause: () => connection.pause(), resume: () => connection.resume() });
  const abort = (): void => {
    connection.destroy();
    items.fail(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  connection.on('error', (error) => items.fail(error));
  try {
    let columns = 0;
    let rows = 0;
    const over = (): void => {
      if (columns > 0) items.push({ type: 'done', tag: 'SELECT', rows });
      columns = 0;
      rows = 0;
    };
    const query = connection.query({ sql: command, rowsAsArray: true, typeCast: (field) => field.string() });
    query.on('error', (error) => items.fail(error));
    query.on('fields', (fields: FieldPacket[] | undefined) => {
      over();
      if (fields === undefined) return; // a statement without rows
      columns = fields.length;
      items.push({ type: 'columns', names: fields.map(({ name }) => name) });
    });
    query.on('result', (result: (string | null)[] | ResultSetHeader) => {
      if (Array.isArray(result)) {
        rows += 1;
        items.push({ type: 'row', cells: result });
      } else items.push({ type: 'done', tag: 'OK', rows: result.affectedRows });
    });
    query.on('end', () => {
      over();
      items.end();
    });
    yield* items;
  } catch (error) {
    signal.throwIfAborted();
    throw execError(error);
  } finally {
    signal.removeEventListener('abort', abort);
    connection.destroy();
  }
}

async function optionsOf({ host, port, user, token, database, caFile }: Endpoint): Promise<ConnectionOptions> {
  return {
    host,
    port,
    user,
    password: token,
    ...(database !== undefined && { database }),
    ssl: { ca: await readFile(caFile, 'utf8'), rejectUnauthorized: true, verifyIdentity: true },
    multipleStatements: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    connectAttributes: { program_name: 'sallyport exec', [LEAVING.name]: LEAVING.cancel },
  };
}

function execError(error: unknown): ExecError {
  if (error instanceof ExecError) return error;
  const { errno, code, message } = error as QueryError;
  const number = typeof errno === 'number' && errno > 0 ? errno : undefined;
  return new ExecError(number === undefined ? (code ?? 'HY000') : String(number), message, number !== undefined && DENIALS.has(number));
}
