import { ProtocolError } from '@sallyport/core';
import { BodyReader } from './body-reader.ts';
import { byte1, cstring, int32 } from './bytes.ts';
import type { BackendKey } from './session-messages.ts';

/** The largest first packet that a server takes (MAX_STARTUP_PACKET_LENGTH). */
export const MAX_STARTUP_BYTES = 10_000;

const CANCEL_REQUEST = 80877102;
const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
/** Where the fields begin: behind the length and the code. */
const FIELDS_AT = 8;

/**
 * What a client says first: `Int32 length | Int32 code | …`, with no type byte.
 *
 * - `SSLRequest`, `GSSENCRequest`: nothing more; the answer is one byte without a frame.
 * - `CancelRequest`: Int32 process id, bytes secret key; the answer is the end of the connection.
 * - `StartupMessage`: the code is major × 65536 + minor; (String name | String value) × n, 0.
 *
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export type StartupPacket =
  | { readonly type: 'SSLRequest' | 'GSSENCRequest' }
  | ({ readonly type: 'CancelRequest' } & BackendKey)
  | StartupMessage;

export interface StartupMessage {
  readonly type: 'StartupMessage';
  readonly major: number;
  readonly minor: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** @param packet the whole packet, length included. @throws ProtocolError */
export function decodeStartupPacket(packet: Buffer): StartupPacket {
  const body = new BodyReader(packet, 'client', 'start-up', 4);
  const code = body.int32();
  if (code === CANCEL_REQUEST) return decodeCancelRequest(body);
  if (code === SSL_REQUEST || code === GSSENC_REQUEST) {
    body.end();
    return { type: code === SSL_REQUEST ? 'SSLRequest' : 'GSSENCRequest' };
  }
  const major = code >>> 16;
  const minor = code & 0xffff;
  // Other majors lay their packet out in their own way: the version is all that can be said.
  const parameters = major === 3 ? decodeParameters(body) : new Map<string, string>();
  return { type: 'StartupMessage', major, minor, parameters };
}

function decodeCancelRequest(body: BodyReader): StartupPacket {
  const processId = body.int32();
  const secretKey = body.rest();
  if (secretKey.length < 4 || secretKey.length > 256) {
    throw new ProtocolError('client', `The client sent a CancelRequest with a key of ${secretKey.length} bytes instead of 4 to 256.`);
  }
  return { type: 'CancelRequest', processId, secretKey };
}

function decodeParameters(body: BodyReader): Map<string, string> {
  const parameters = new Map<string, string>();
  for (let name = body.cstring(); name !== ''; name = body.cstring()) parameters.set(name, body.cstring());
  body.end();
  return parameters;
}

export function encodeStartupMessage(minor: number, parameters: ReadonlyMap<string, string>): Buffer {
  const pairs = [...parameters].flatMap(([name, value]) => [cstring(name), cstring(value)]);
  return startupPacket(3 * 65536 + minor, ...pairs, byte1(0));
}

export function encodeCancelRequest(key: BackendKey): Buffer {
  return startupPacket(CANCEL_REQUEST, int32(key.processId), key.secretKey);
}

export const SSL_REQUEST_PACKET: Buffer = startupPacket(SSL_REQUEST);
export const GSSENC_REQUEST_PACKET: Buffer = startupPacket(GSSENC_REQUEST);

function startupPacket(code: number, ...fields: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(FIELDS_AT);
  const packet = Buffer.concat([head, ...fields]);
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(code, 4);
  return packet;
}
