import { BodyReader } from './body-reader.ts';
import { cstring, int16, int16List, int32, message, nullable } from './bytes.ts';
import { BACKEND, FRONTEND } from './message-types.ts';

// Simple query. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SIMPLE-QUERY

/** `Q | length | String sql` */
export interface Query {
  readonly type: 'Query';
  readonly sql: string;
}

export function decodeQuery(raw: Buffer): Query {
  const body = new BodyReader(raw, 'client', 'Query');
  const sql = body.cstring();
  body.end();
  return { type: 'Query', sql };
}

export function encodeQuery(sql: string): Buffer {
  return message(FRONTEND.Query, cstring(sql));
}

/** `C | length | String tag`: `INSERT 0 1`, `SELECT 5`, `CREATE TABLE` */
export interface CommandComplete {
  readonly type: 'CommandComplete';
  readonly tag: string;
}

export function decodeCommandComplete(raw: Buffer): CommandComplete {
  const body = new BodyReader(raw, 'target', 'CommandComplete');
  const tag = body.cstring();
  body.end();
  return { type: 'CommandComplete', tag };
}

export function encodeCommandComplete(tag: string): Buffer {
  return message(BACKEND.CommandComplete, cstring(tag));
}

/** The rows that a tag counts; undefined where the command counts none. */
export function tagRows(tag: string): number | undefined {
  const count = / (\d+)$/.exec(tag)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** `Z | length | Byte1 status` */
export interface ReadyForQuery {
  readonly type: 'ReadyForQuery';
  /** `I` idle, `T` in a transaction, `E` in a failed one. */
  readonly status: TransactionStatus;
}

export type TransactionStatus = 'I' | 'T' | 'E';

export function decodeReadyForQuery(raw: Buffer): ReadyForQuery {
  const body = new BodyReader(raw, 'target', 'ReadyForQuery');
  const status = body.oneOf('I', 'T', 'E');
  body.end();
  return { type: 'ReadyForQuery', status };
}

export function encodeReadyForQuery(status: TransactionStatus): Buffer {
  return message(BACKEND.ReadyForQuery, Buffer.from(status));
}

/** `I | length`: the answer to an empty text, instead of CommandComplete. */
export const EMPTY_QUERY_RESPONSE: Buffer = message(BACKEND.EmptyQueryResponse);

/** `X | length` */
export const TERMINATE: Buffer = message(FRONTEND.Terminate);

/**
 * `F | length | Int32 oid | Int16 n, Int16 format × n | Int16 n, (Int32 length | bytes) × n | Int16 result format`
 */
export interface FunctionCall {
  readonly type: 'FunctionCall';
  readonly functionOid: number;
  readonly formats: readonly number[];
  readonly arguments: readonly (Buffer | null)[];
  readonly resultFormat: number;
}

export function decodeFunctionCall(raw: Buffer): FunctionCall {
  const body = new BodyReader(raw, 'client', 'FunctionCall');
  const functionOid = body.uint32();
  const formats = body.list(() => body.int16());
  const values = body.list(() => body.nullable());
  const resultFormat = body.int16();
  body.end();
  return { type: 'FunctionCall', functionOid, formats, arguments: values, resultFormat };
}

export function encodeFunctionCall(call: Omit<FunctionCall, 'type'>): Buffer {
  return message(
    FRONTEND.FunctionCall,
    int32(call.functionOid),
    int16List(call.formats),
    int16(call.arguments.length),
    ...call.arguments.map(nullable),
    int16(call.resultFormat),
  );
}

/** `V | length | Int32 length, bytes` */
export interface FunctionCallResponse {
  readonly type: 'FunctionCallResponse';
  readonly value: Buffer | null;
}

export function decodeFunctionCallResponse(raw: Buffer): FunctionCallResponse {
  const body = new BodyReader(raw, 'target', 'FunctionCallResponse');
  const value = body.nullable();
  body.end();
  return { type: 'FunctionCallResponse', value };
}

export function encodeFunctionCallResponse(value: Buffer | null): Buffer {
  return message(BACKEND.FunctionCallResponse, nullable(value));
}
