import { BodyReader } from './body-reader.ts';
import { int, lenencBytes } from './bytes.ts';

/**
 * A result's column: `catalog | schema | table | org_table | name | org_name` as lenenc texts, then
 * `0x0c | charset Int16 | length Int32 | type Int8 | flags Int16 | decimals Int8 | filler[2]`.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html
 */
export interface ColumnDefinition {
  readonly schema: string;
  /** The table's own name, not its alias; a view's name. Empty for expressions. */
  readonly orgTable: string;
  readonly name: string;
  /** The column's own name. Empty for expressions. */
  readonly orgName: string;
  readonly charset: number;
  readonly type: number;
  readonly flags: number;
}

/** @param text reads names: they come in the session's `character_set_results`. */
export function decodeColumn(payload: Buffer, text: (name: Buffer) => string = String): ColumnDefinition {
  const body = new BodyReader(payload, 'target', 'ColumnDefinition41');
  body.lenencBytes();
  const schema = text(body.lenencBytes());
  body.lenencBytes();
  const orgTable = text(body.lenencBytes());
  const name = text(body.lenencBytes());
  const orgName = text(body.lenencBytes());
  body.lenenc();
  const charset = body.int(2);
  body.int(4);
  return { schema, orgTable, name, orgName, charset, type: body.int(1), flags: body.int(2) };
}

export function encodeColumn({ schema, orgTable, name, orgName, charset, type, flags }: ColumnDefinition): Buffer {
  const texts = ['def', schema, orgTable, orgTable, name, orgName].map(lenencBytes);
  return Buffer.concat([...texts, Buffer.of(0x0c), int(charset, 2), int(255, 4), Buffer.of(type), int(flags, 2), Buffer.alloc(3)]);
}

/** The definition with nothing in it that says where it comes from, under another name. */
export function renamedColumn(payload: Buffer, name: string): Buffer {
  const body = new BodyReader(payload, 'target', 'ColumnDefinition41');
  for (let text = 0; text < 6; text += 1) body.lenencBytes();
  return Buffer.concat([...['def', '', '', '', name, ''].map(lenencBytes), body.rest()]);
}

export const UNSIGNED_FLAG = 0x20;
/** The collation of what is no text. */
export const BINARY_CHARSET = 63;

/** https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html */
export const TYPE = {
  DECIMAL: 0x00,
  TINY: 0x01,
  SHORT: 0x02,
  LONG: 0x03,
  FLOAT: 0x04,
  DOUBLE: 0x05,
  NULL: 0x06,
  TIMESTAMP: 0x07,
  LONGLONG: 0x08,
  INT24: 0x09,
  DATE: 0x0a,
  TIME: 0x0b,
  DATETIME: 0x0c,
  YEAR: 0x0d,
  VARCHAR: 0x0f,
  BIT: 0x10,
  JSON: 0xf5,
  NEWDECIMAL: 0xf6,
  ENUM: 0xf7,
  SET: 0xf8,
  TINY_BLOB: 0xf9,
  MEDIUM_BLOB: 0xfa,
  LONG_BLOB: 0xfb,
  BLOB: 0xfc,
  VAR_STRING: 0xfd,
  STRING: 0xfe,
  GEOMETRY: 0xff,
} as const;
