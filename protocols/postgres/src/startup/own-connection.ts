import { GatewayError, ProtocolError, type Target, unreachable } from '@sallyport/core';
import { decodeErrorOrNotice } from '../codec/error-fields.ts';
import { encodeBind, encodeDescribe, encodeExecute, encodeParse, SYNC } from '../codec/extended-query.ts';
import { BACKEND } from '../codec/message-types.ts';
import { TERMINATE } from '../codec/query.ts';
import { decodeDataRow, decodeRowDescription, type Field } from '../codec/rows.ts';
import { SqlStateError } from '../errors.ts';
import { loginTarget } from './login-target.ts';
import { MessageReader } from './message-reader.ts';

/** How long one query may take before the connection is given up. */
const QUERY_MS = 30_000;
/** Largest message, and largest sum of all, that one answer may have. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** The gateway's own connection to a target: small questions, asked one after another. */
export interface OwnConnection {
  /** ParameterStatus at login. */
  readonly parameters: ReadonlyMap<string, string>;
  /** False once the connection has ended: then open another one. */
  readonly alive: boolean;
  /** Runs one statement with parameters in text form. @returns its rows, cells in text form */
  query(sql: string, parameters?: readonly (string | null)[]): Promise<(string | null)[][]>;
  /** What a statement's result would look like, without running it. Empty where it returns no rows. */
  describe(sql: string): Promise<readonly Field[]>;
  close(): void;
}

/**
 * Opens a connection with the gateway's credentials.
 *
 * A statement that the target refuses rejects with a {@link SqlStateError} and leaves the
 * connection usable; a connection that breaks, or is silent for 30 seconds, is ended.
 *
 * @param signal bounds the opening, not the connection's life.
 * @throws GatewayError as {@link loginTarget}
 */
export async function openOwnConnection(target: Target, database: string, signal: AbortSignal): Promise<OwnConnection> {
  const settings = new Map([
    ['application_name', 'sallyport'],
    ['client_encoding', 'UTF8'],
    ['standard_conforming_strings', 'on'],
  ]);
  const { socket, parameters } = await loginTarget(target, database, settings, signal);
  let queue: Promise<unknown> = Promise.resolve();

  const ask = <T>(messages: readonly Buffer[], read: (raw: Buffer, found: T) => void, found: T): Promise<T> => {
    const answer = queue.then(async () => {
      if (!socket.writable) throw unreachable(target, "closed the gateway's own connection");
      try {
        socket.write(Buffer.concat([...messages, SYNC]));
        const refusal = await readAnswer(new MessageReader(socket, 'target', AbortSignal.timeout(QUERY_MS)), (raw) => read(raw, found));
        if (refusal === undefined) return found;
        throw refusal;
      } catch (cause) {
        if (cause instanceof SqlStateError) throw cause;
        socket.destroy();
        throw unreachable(target, "did not answer on the gateway's own connection", cause);
      }
    });
    queue = answer.catch(() => undefined);
    return answer;
  };

  return {
    parameters,
    get alive() {
      return socket.writable && !socket.readableEnded;
    },
    query: (sql, values = []) => {
      const bound = values.map((value) => (value === null ? null : Buffer.from(value)));
      const run = [
        encodeParse({ statement: '', sql, parameterTypes: [] }),
        encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: bound, resultFormats: [] }),
        encodeExecute('', 0),
      ];
      return ask<(string | null)[][]>(
        run,
        (raw, rows) => {
          if (raw[0] === BACKEND.DataRow) rows.push(decodeDataRow(raw).cells.map((cell) => cell?.toString() ?? null));
        },
        [],
      );
    },
    describe: (sql) => {
      const look = [encodeParse({ statement: '', sql, parameterTypes: [] }), encodeDescribe('S', '')];
      return ask<Field[]>(
        look,
        (raw, fields) => {
          if (raw[0] === BACKEND.RowDescription) fields.push(...decodeRowDescription(raw).fields);
        },
        [],
      );
    },
    close: () => {
      socket.end(TERMINATE);
      socket.resume();
    },
  };
}

/** Reads up to ReadyForQuery. @returns the target's refusal, if it refused */
async function readAnswer(reader: MessageReader, read: (raw: Buffer) => void): Promise<SqlStateError | undefined> {
  let refusal: SqlStateError | undefined;
  for (let bytes = 0; ; ) {
    const raw = await reader.message(MAX_ANSWER_BYTES);
    bytes += raw.length;
    if (bytes > MAX_ANSWER_BYTES) throw new GatewayError('ERR_LIMIT', "The answer on the gateway's own connection is too large.");
    if (raw[0] === BACKEND.ReadyForQuery) return refusal;
    if (raw[0] === BACKEND.ErrorResponse) refusal = queryError(decodeErrorOrNotice(raw).fields);
    else if (raw[0] === BACKEND.CopyInResponse || raw[0] === BACKEND.CopyOutResponse)
      throw new ProtocolError('target', "The target began a COPY on the gateway's own connection.");
    else read(raw);
  }
}

function queryError(fields: ReadonlyMap<string, string>): SqlStateError {
  return new SqlStateError(
    'ERR_TARGET_UNREACHABLE',
    fields.get('C') ?? 'XX000',
    fields.get('M') ?? 'The target refused a query of the gateway.',
  );
}
