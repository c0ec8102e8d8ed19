import type { Side } from '@sallyport/core';
import { BodyReader } from './body-reader.ts';
import { cstring, int, lenenc, lenencBytes } from './bytes.ts';
import { CAPABILITY } from './capabilities.ts';

/**
 * What a server says first.
 * `version Int8 = 10 | server version C | thread Int32 | nonce[0..8] | 0 | capabilities low Int16 | collation Int8 |
 * status Int16 | capabilities high Int16 | nonce length Int8 | reserved[10] | nonce[8..20] | 0 | plugin C`. MariaDB keeps
 * further capabilities in the last four reserved bytes.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
 */
export interface Greeting {
  readonly serverVersion: string;
  readonly threadId: number;
  /** 20 bytes that proofs are made with. */
  readonly nonce: Buffer;
  readonly capabilities: number;
  readonly collation: number;
  readonly status: number;
  /** Empty where the server knows no plugins. */
  readonly plugin: string;
}

const PROTOCOL = 10;
export const NONCE_BYTES = 20;

export function encodeGreeting({ serverVersion, threadId, nonce, capabilities, collation, status, plugin }: Greeting): Buffer {
  return Buffer.concat([
    Buffer.of(PROTOCOL),
    cstring(serverVersion),
    int(threadId, 4),
    nonce.subarray(0, 8),
    Buffer.of(0),
    int(capabilities & 0xffff, 2),
    Buffer.of(collation),
    int(status, 2),
    int(capabilities >>> 16, 2),
    Buffer.of(NONCE_BYTES + 1),
    Buffer.alloc(10),
    nonce.subarray(8),
    Buffer.of(0),
    cstring(plugin),
  ]);
}

export function decodeGreeting(payload: Buffer): Greeting {
  const body = new BodyReader(payload, 'target', 'HandshakeV10');
  const protocol = body.int(1);
  if (protocol !== PROTOCOL) throw body.broken(`protocol version ${protocol} instead of ${PROTOCOL}`);
  const serverVersion = body.cstring();
  const threadId = body.int(4);
  const nonce = body.bytes(8);
  body.bytes(1);
  const low = body.int(2);
  const collation = body.int(1);
  const status = body.int(2);
  const capabilities = ((body.int(2) << 16) | low) >>> 0;
  const nonceLength = body.int(1);
  body.bytes(10);
  const rest = body.bytes(Math.min(Math.max(13, nonceLength - 8), body.remaining));
  const plugin = capabilities & CAPABILITY.PLUGIN_AUTH ? body.rest().toString().replace(/\0.*$/s, '') : '';
  return {
    serverVersion,
    threadId,
    nonce: Buffer.concat([nonce, rest.subarray(0, NONCE_BYTES - 8)]),
    capabilities,
    collation,
    status,
    plugin,
  };
}

/** Flags, largest packet, collation and 23 reserved bytes: alone, it asks for TLS. */
export const SSL_REQUEST_BYTES = 32;
const MAX_PACKET_BYTES = 2 ** 30;

/**
 * HandshakeResponse41: who signs in, with a proof, where to.
 * `capabilities Int32 | largest packet Int32 | collation Int8 | reserved[23] | user C | proof (length) | database C? |
 * plugin C? | attributes?`
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html
 */
export interface HandshakeResponse {
  readonly capabilities: number;
  readonly collation: number;
  readonly user: string;
  readonly proof: Buffer;
  readonly database?: string;
  /** Absent: the client knows no plugins, or did not say. */
  readonly plugin?: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The capabilities of a HandshakeResponse41, or of the SSLRequest that may come before it. */
export function decodeClientCapabilities(payload: Buffer): number {
  return new BodyReader(payload, 'client', 'HandshakeResponse41').int(4);
}

export function decodeHandshakeResponse(payload: Buffer): HandshakeResponse {
  const body = new BodyReader(payload, 'client', 'HandshakeResponse41');
  const capabilities = body.int(4);
  body.int(4);
  const collation = body.int(1);
  body.bytes(23);
  const user = body.cstring();
  const proof = capabilities & CAPABILITY.PLUGIN_AUTH_LENENC ? body.lenencBytes() : body.bytes(body.int(1));
  // Some clients set the flag and leave the field out when it would be empty.
  const database = capabilities & CAPABILITY.CONNECT_WITH_DB && body.remaining > 0 ? body.cstring() : '';
  const plugin = capabilities & CAPABILITY.PLUGIN_AUTH && body.remaining > 0 ? optionalText(body) : '';
  const attributes = capabilities & CAPABILITY.CONNECT_ATTRS && body.remaining > 0 ? readAttributes(body.lenencBytes()) : new Map();
  return { capabilities, collation, user, proof, ...(database !== '' && { database }), ...(plugin !== '' && { plugin }), attributes };
}

export function encodeSslRequest(capabilities: number, collation: number): Buffer {
  return Buffer.concat([int(capabilities, 4), int(MAX_PACKET_BYTES, 4), Buffer.of(collation), Buffer.alloc(23)]);
}

export function encodeHandshakeResponse(response: HandshakeResponse): Buffer {
  const { capabilities, collation, user, proof, database, plugin, attributes } = response;
  const has = (flag: number): boolean => (capabilities & flag) !== 0;
  const pairs = Buffer.concat([...attributes].flatMap(([name, value]) => [lenencBytes(name), lenencBytes(value)]));
  return Buffer.concat([
    encodeSslRequest(capabilities, collation),
    cstring(user),
    has(CAPABILITY.PLUGIN_AUTH_LENENC) ? lenenc(proof.length) : Buffer.of(proof.length),
    proof,
    ...(has(CAPABILITY.CONNECT_WITH_DB) ? [cstring(database ?? '')] : []),
    ...(has(CAPABILITY.PLUGIN_AUTH) ? [cstring(plugin ?? '')] : []),
    ...(has(CAPABILITY.CONNECT_ATTRS) ? [lenencBytes(pairs)] : []),
  ]);
}

/** COM_CHANGE_USER without its command byte: `user C | proof (Int8 length) | database C | collation Int16? | plugin C? …`. */
export interface ChangeUser {
  readonly user: string;
  readonly database: string;
  readonly plugin?: string;
}

export function decodeChangeUser(payload: Buffer, capabilities: number): ChangeUser {
  const body = new BodyReader(payload, 'client', 'COM_CHANGE_USER');
  const user = body.cstring();
  body.bytes(body.int(1));
  const database = body.remaining > 0 ? body.cstring() : '';
  if (body.remaining >= 2) body.int(2);
  const plugin = capabilities & CAPABILITY.PLUGIN_AUTH && body.remaining > 0 ? optionalText(body) : '';
  return { user, database, ...(plugin !== '' && { plugin }) };
}

/** `0xfe | plugin C | data`: sign in by another method. */
export function encodeAuthSwitch(plugin: string, nonce: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0xfe), cstring(plugin), nonce, Buffer.of(0)]);
}

/** @returns undefined for the lone 0xfe of servers that want the hash of MySQL 4.0. */
export function decodeAuthSwitch(payload: Buffer): { readonly plugin: string; readonly data: Buffer } | undefined {
  if (payload.length === 1) return undefined;
  const body = new BodyReader(payload.subarray(1), 'target', 'AuthSwitchRequest');
  const plugin = body.cstring();
  return { plugin, data: body.rest() };
}

/** `0x01 | data`: the method goes on. */
export function encodeAuthMore(data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(1), data]);
}

/** MariaDB's client leaves out the zero byte where nothing follows. */
function optionalText(body: BodyReader): string {
  const rest = body.remaining;
  try {
    return body.cstring();
  } catch {
    return body.bytes(rest).toString();
  }
}

function readAttributes(bytes: Buffer, side: Side = 'client'): Map<string, string> {
  const body = new BodyReader(bytes, side, 'HandshakeResponse41');
  const attributes = new Map<string, string>();
  while (body.remaining > 0) attributes.set(body.lenencString(), body.lenencString());
  return attributes;
}
