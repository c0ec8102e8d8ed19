import { BodyReader } from './body-reader.ts';
import { int, lenenc } from './bytes.ts';
import { CAPABILITY } from './capabilities.ts';

/** Status flags of a server's answers. https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html#a1d854e841086925be1883e4d7b4e8cad */
export const STATUS = {
  IN_TRANSACTION: 0x0001,
  AUTOCOMMIT: 0x0002,
  MORE_RESULTS: 0x0008,
  CURSOR_EXISTS: 0x0040,
  SESSION_STATE_CHANGED: 0x4000,
} as const;

/**
 * `0x00 | affected rows lenenc | insert id lenenc | status Int16 | warnings Int16 | …`; with 0xfe the end of a result.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html
 */
export interface Ok {
  readonly affectedRows: number;
  readonly status: number;
  readonly warnings: number;
  /** The session's database, where the server says that it changed. */
  readonly schema?: string;
}

export function decodeOk(payload: Buffer, capabilities: number): Ok {
  const body = new BodyReader(payload.subarray(1), 'target', 'OK');
  const affectedRows = body.lenenc();
  body.lenenc();
  const status = body.int(2);
  const warnings = body.int(2);
  const schema = changedSchema(body, status, capabilities);
  return { affectedRows, status, warnings, ...(schema !== undefined && { schema }) };
}

/** SESSION_TRACK_SCHEMA among the changes that the server tells. */
const TRACK_SCHEMA = 1;

function changedSchema(body: BodyReader, status: number, capabilities: number): string | undefined {
  if ((capabilities & CAPABILITY.SESSION_TRACK) === 0 || (status & STATUS.SESSION_STATE_CHANGED) === 0) return undefined;
  body.lenencBytes();
  const changes = new BodyReader(body.lenencBytes(), 'target', 'OK');
  let schema: string | undefined;
  while (changes.remaining > 0) {
    const type = changes.int(1);
    const data = changes.lenencBytes();
    if (type === TRACK_SCHEMA) schema = new BodyReader(data, 'target', 'OK').lenencString();
  }
  return schema;
}

/** @param capabilities decide nothing here: an OK without changes of the session reads the same for everybody. */
export function encodeOk(status: number): Buffer {
  return Buffer.concat([Buffer.of(0), lenenc(0), lenenc(0), int(status, 2), int(0, 2)]);
}

/** `0xfe | warnings Int16 | status Int16`. */
export function decodeEof(payload: Buffer): Pick<Ok, 'status' | 'warnings'> {
  const body = new BodyReader(payload.subarray(1), 'target', 'EOF');
  const warnings = body.int(2);
  return { warnings, status: body.int(2) };
}

/** `0xff | code Int16 | '#' | SQLSTATE[5] | message`; before the sign-in is over some servers leave the state out. */
export interface Err {
  readonly code: number;
  readonly sqlState: string;
  readonly message: string;
}

export function decodeErr(payload: Buffer): Err {
  const body = new BodyReader(payload.subarray(1), 'target', 'ERR');
  const code = body.int(2);
  const rest = body.rest();
  return rest[0] === 0x23
    ? { code, sqlState: rest.toString('latin1', 1, 6), message: rest.toString('utf8', 6) }
    : { code, sqlState: 'HY000', message: rest.toString() };
}

export function encodeErr({ code, sqlState, message }: Err): Buffer {
  return Buffer.concat([Buffer.of(0xff), int(code, 2), Buffer.from(`#${sqlState}${message}`)]);
}
