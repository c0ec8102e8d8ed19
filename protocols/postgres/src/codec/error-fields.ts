import { BodyReader } from './body-reader.ts';
import { byte1, cstring, message } from './bytes.ts';
import { BACKEND } from './message-types.ts';

/**
 * `E or N | length | (Byte1 field | String value) × n | 0`
 *
 * Fields: S severity (translated), V severity, C SQLSTATE, M message, D detail, H hint, P position,
 * p internal position, q internal query, W where, s schema, t table, c column, d data type,
 * n constraint, F file, L line, R routine.
 * https://www.postgresql.org/docs/current/protocol-error-fields.html
 */
export interface ErrorOrNotice {
  readonly type: 'ErrorResponse' | 'NoticeResponse';
  /** In order; the key is the field's letter. */
  readonly fields: ReadonlyMap<string, string>;
}

export function decodeErrorOrNotice(raw: Buffer): ErrorOrNotice {
  const type = raw[0] === BACKEND.ErrorResponse ? 'ErrorResponse' : 'NoticeResponse';
  const body = new BodyReader(raw, 'target', type);
  const fields = new Map<string, string>();
  for (let field = body.uint8(); field !== 0; field = body.uint8()) fields.set(String.fromCharCode(field), body.cstring());
  body.end();
  return { type, fields };
}

export function encodeErrorOrNotice({ type, fields }: ErrorOrNotice): Buffer {
  const encoded = [...fields].flatMap(([field, value]) => [byte1(field.charCodeAt(0)), cstring(value)]);
  return message(BACKEND[type], ...encoded, byte1(0));
}
