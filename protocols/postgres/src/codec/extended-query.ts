import { ProtocolError } from '@sallyport/core';
import { BodyReader } from './body-reader.ts';
import { cstring, int16, int16List, int32, message, nullable } from './bytes.ts';
import { BACKEND, FRONTEND } from './message-types.ts';

// Extended query. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
// The empty name is the unnamed statement or portal.

/** `P | length | String statement | String sql | Int16 n, Int32 type oid × n` */
export interface Parse {
  readonly type: 'Parse';
  readonly statement: string;
  readonly sql: string;
  /** May be shorter than the parameters are many; 0 leaves a type to the server. */
  readonly parameterTypes: readonly number[];
}

export function decodeParse(raw: Buffer): Parse {
  const body = new BodyReader(raw, 'client', 'Parse');
  const statement = body.cstring();
  const sql = body.cstring();
  const parameterTypes = body.list(() => body.uint32());
  body.end();
  return { type: 'Parse', statement, sql, parameterTypes };
}

export function encodeParse(parse: Omit<Parse, 'type'>): Buffer {
  const types = parse.parameterTypes;
  return message(FRONTEND.Parse, cstring(parse.statement), cstring(parse.sql), int16(types.length), ...types.map(int32));
}

/**
 * `B | length | String portal | String statement | Int16 n, Int16 format × n |
 * Int16 n, (Int32 length | bytes) × n | Int16 n, Int16 result format × n`
 *
 * Formats: none = all text, one = for all, else one each. 0 is text, 1 is binary.
 */
export interface Bind {
  readonly type: 'Bind';
  readonly portal: string;
  readonly statement: string;
  readonly parameterFormats: readonly number[];
  /** Views of the message. null is SQL NULL. */
  readonly parameters: readonly (Buffer | null)[];
  readonly resultFormats: readonly number[];
}

export function decodeBind(raw: Buffer): Bind {
  const body = new BodyReader(raw, 'client', 'Bind');
  const portal = body.cstring();
  const statement = body.cstring();
  const parameterFormats = body.list(() => body.int16());
  const parameters = body.list(() => body.nullable());
  const resultFormats = body.list(() => body.int16());
  body.end();
  return { type: 'Bind', portal, statement, parameterFormats, parameters, resultFormats };
}

export function encodeBind(bind: Omit<Bind, 'type'>): Buffer {
  return message(
    FRONTEND.Bind,
    cstring(bind.portal),
    cstring(bind.statement),
    int16List(bind.parameterFormats),
    int16(bind.parameters.length),
    ...bind.parameters.map(nullable),
    int16List(bind.resultFormats),
  );
}

/** The format of value `index` by a Bind's list of format codes. */
export function formatOf(formats: readonly number[], index: number): number {
  return (formats.length === 1 ? formats[0] : formats[index]) ?? 0;
}

/** What Describe and Close speak of: `S` a prepared statement, `P` a portal. */
export type NamedKind = 'S' | 'P';

/** `D | length | Byte1 kind | String name` */
export interface Describe {
  readonly type: 'Describe';
  readonly kind: NamedKind;
  readonly name: string;
}

export function decodeDescribe(raw: Buffer): Describe {
  return { type: 'Describe', ...decodeNamed(raw, 'Describe') };
}

export function encodeDescribe(kind: NamedKind, name: string): Buffer {
  return message(FRONTEND.Describe, Buffer.from(kind), cstring(name));
}

/** `C | length | Byte1 kind | String name` */
export interface Close {
  readonly type: 'Close';
  readonly kind: NamedKind;
  readonly name: string;
}

export function decodeClose(raw: Buffer): Close {
  return { type: 'Close', ...decodeNamed(raw, 'Close') };
}

export function encodeClose(kind: NamedKind, name: string): Buffer {
  return message(FRONTEND.Close, Buffer.from(kind), cstring(name));
}

function decodeNamed(raw: Buffer, type: 'Describe' | 'Close'): { readonly kind: NamedKind; readonly name: string } {
  const body = new BodyReader(raw, 'client', type);
  const kind = body.oneOf('S', 'P');
  const name = body.cstring();
  body.end();
  return { kind, name };
}

/** `E | length | String portal | Int32 rows`, 0 = all */
export interface Execute {
  readonly type: 'Execute';
  readonly portal: string;
  readonly maxRows: number;
}

export function decodeExecute(raw: Buffer): Execute {
  const body = new BodyReader(raw, 'client', 'Execute');
  const portal = body.cstring();
  const maxRows = body.int32();
  body.end();
  return { type: 'Execute', portal, maxRows };
}

export function encodeExecute(portal: string, maxRows: number): Buffer {
  return message(FRONTEND.Execute, cstring(portal), int32(maxRows));
}

/** `H | length` */
export const FLUSH: Buffer = message(FRONTEND.Flush);
/** `S | length` */
export const SYNC: Buffer = message(FRONTEND.Sync);

/** `1 | length` */
export const PARSE_COMPLETE: Buffer = message(BACKEND.ParseComplete);
/** `2 | length` */
export const BIND_COMPLETE: Buffer = message(BACKEND.BindComplete);
/** `3 | length` */
export const CLOSE_COMPLETE: Buffer = message(BACKEND.CloseComplete);
/** `n | length`: the described thing returns no rows. */
export const NO_DATA: Buffer = message(BACKEND.NoData);
/** `s | length`: Execute stopped at its row limit. */
export const PORTAL_SUSPENDED: Buffer = message(BACKEND.PortalSuspended);

/** A statement may be prepared with more parameters than can be bound; the server's count then wraps round. */
const COUNT_RANGE = 65_536;

/** `t | length | Int16 n, Int32 type oid × n` */
export interface ParameterDescription {
  readonly type: 'ParameterDescription';
  readonly parameterTypes: readonly number[];
}

export function decodeParameterDescription(raw: Buffer): ParameterDescription {
  const body = new BodyReader(raw, 'target', 'ParameterDescription');
  const count = body.uint16();
  const parameterTypes: number[] = [];
  while (body.remaining > 0) parameterTypes.push(body.uint32());
  if (parameterTypes.length % COUNT_RANGE !== count) {
    throw new ProtocolError(
      'target',
      `The target sent a ParameterDescription that says ${count} types and holds ${parameterTypes.length}.`,
    );
  }
  return { type: 'ParameterDescription', parameterTypes };
}

export function encodeParameterDescription(parameterTypes: readonly number[]): Buffer {
  return message(BACKEND.ParameterDescription, int16(parameterTypes.length), ...parameterTypes.map(int32));
}
