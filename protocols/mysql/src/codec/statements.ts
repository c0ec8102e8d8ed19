import { BodyReader } from './body-reader.ts';
import { int } from './bytes.ts';
import { TYPE } from './columns.ts';
import { readValue, writtenValue } from './values.ts';

/**
 * The answer to COM_STMT_PREPARE: `0x00 | statement Int32 | columns Int16 | parameters Int16 | 0 | warnings Int16`, then
 * the definitions of both.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html
 */
export interface PrepareOk {
  readonly statement: number;
  readonly columns: number;
  readonly parameters: number;
}

export function decodePrepareOk(payload: Buffer): PrepareOk {
  const body = new BodyReader(payload.subarray(1), 'target', 'COM_STMT_PREPARE_OK');
  return { statement: body.int(4), columns: body.int(2), parameters: body.int(2) };
}

/** A parameter's type, as the client says it with the values. */
export interface ParameterType {
  readonly type: number;
  readonly unsigned: boolean;
}

/** A bound parameter. */
export interface Parameter extends ParameterType {
  /** null is SQL NULL; undefined: it was sent before, as long data. */
  readonly value: Buffer | null | undefined;
}

export interface Execute {
  readonly statement: number;
  readonly flags: number;
  readonly parameters: readonly Parameter[];
}

/** MariaDB: the statement that was prepared last. */
export const LAST_PREPARED = 0xffffffff;

/** `statement Int32`, the first field of every command about a prepared statement. */
export function decodeStatementId(payload: Buffer, name: string): number {
  return new BodyReader(payload, 'client', name).int(4);
}

/**
 * COM_STMT_EXECUTE without its command byte: `statement Int32 | flags Int8 | 1 Int32 | NULL bitmap | new types Int8 |
 * (type Int8, flags Int8)… | values`.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html
 *
 * @param count of the statement's parameters.
 * @param known types of the last execution: a client need not repeat them.
 * @param long parameters whose values came as long data.
 */
export function decodeExecute(payload: Buffer, count: number, known: readonly ParameterType[], long: ReadonlySet<number>): Execute {
  const body = new BodyReader(payload, 'client', 'COM_STMT_EXECUTE');
  const statement = body.int(4);
  const flags = body.int(1);
  body.int(4);
  if (count === 0) return { statement, flags, parameters: [] };
  const bitmap = body.bytes((count + 7) >> 3);
  const types = body.int(1) === 1 ? readTypes(body, count) : known;
  if (types.length !== count) throw body.broken('parameters without their types');
  const parameters = types.map(({ type, unsigned }, index): Parameter => {
    if (long.has(index)) return { type, unsigned, value: undefined };
    const isNull = type === TYPE.NULL || ((bitmap[index >> 3] as number) >> (index & 7)) & 1;
    return { type, unsigned, value: isNull ? null : readValue(body, type) };
  });
  if (body.remaining > 0) throw body.broken('more values than parameters');
  return { statement, flags, parameters };
}

/** Back into a body, with all types; no value may have come as long data. */
export function encodeExecute({ statement, flags, parameters }: Execute): Buffer {
  const bitmap = Buffer.alloc((parameters.length + 7) >> 3);
  const types = parameters.flatMap(({ type, unsigned }) => [type, unsigned ? 0x80 : 0]);
  const values = parameters.map(({ type, value }, index) => {
    if (value) return writtenValue(value, type);
    bitmap[index >> 3] = (bitmap[index >> 3] as number) | (1 << (index & 7));
    return Buffer.alloc(0);
  });
  return Buffer.concat([int(statement, 4), Buffer.of(flags), int(1, 4), bitmap, Buffer.of(1, ...types), ...values]);
}

function readTypes(body: BodyReader, count: number): ParameterType[] {
  const types: ParameterType[] = [];
  for (let index = 0; index < count; index += 1) types.push({ type: body.int(1), unsigned: (body.int(1) & 0x80) !== 0 });
  return types;
}

/** COM_STMT_SEND_LONG_DATA without its command byte: `statement Int32 | parameter Int16 | data`. */
export function decodeLongData(payload: Buffer): { readonly statement: number; readonly parameter: number; readonly data: Buffer } {
  const body = new BodyReader(payload, 'client', 'COM_STMT_SEND_LONG_DATA');
  return { statement: body.int(4), parameter: body.int(2), data: body.rest() };
}
