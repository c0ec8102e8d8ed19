import { BodyReader } from './body-reader.ts';
import { cstring, int32, message, ownBytes } from './bytes.ts';
import { BACKEND } from './message-types.ts';

// What a server tells about the session itself, at its start or at any time.

/** `S | length | String name | String value` */
export interface ParameterStatus {
  readonly type: 'ParameterStatus';
  readonly name: string;
  readonly value: string;
}

export function decodeParameterStatus(raw: Buffer): ParameterStatus {
  const body = new BodyReader(raw, 'target', 'ParameterStatus');
  const name = body.cstring();
  const value = body.cstring();
  body.end();
  return { type: 'ParameterStatus', name, value };
}

export function encodeParameterStatus(name: string, value: string): Buffer {
  return message(BACKEND.ParameterStatus, cstring(name), cstring(value));
}

/** What a CancelRequest must name. */
export interface BackendKey {
  readonly processId: number;
  /** 4 bytes in protocol 3.0, 4 to 256 since 3.2. */
  readonly secretKey: Buffer;
}

/** `K | length | Int32 process id | bytes secret key` */
export interface BackendKeyData extends BackendKey {
  readonly type: 'BackendKeyData';
}

export function decodeBackendKeyData(raw: Buffer): BackendKeyData {
  const body = new BodyReader(raw, 'target', 'BackendKeyData');
  return { type: 'BackendKeyData', processId: body.int32(), secretKey: ownBytes(body.rest()) };
}

export function encodeBackendKeyData(key: BackendKey): Buffer {
  return message(BACKEND.BackendKeyData, int32(key.processId), key.secretKey);
}

/** `A | length | Int32 process id | String channel | String payload` */
export interface NotificationResponse {
  readonly type: 'NotificationResponse';
  readonly processId: number;
  readonly channel: string;
  readonly payload: string;
}

export function decodeNotificationResponse(raw: Buffer): NotificationResponse {
  const body = new BodyReader(raw, 'target', 'NotificationResponse');
  const processId = body.int32();
  const channel = body.cstring();
  const payload = body.cstring();
  body.end();
  return { type: 'NotificationResponse', processId, channel, payload };
}

export function encodeNotificationResponse(notification: Omit<NotificationResponse, 'type'>): Buffer {
  const { processId, channel, payload } = notification;
  return message(BACKEND.NotificationResponse, int32(processId), cstring(channel), cstring(payload));
}

/** `v | length | Int32 version | Int32 n, String option × n` */
export interface NegotiateProtocolVersion {
  readonly type: 'NegotiateProtocolVersion';
  /** Major × 65536 + the newest minor version that the server speaks. */
  readonly version: number;
  readonly unrecognised: readonly string[];
}

export function decodeNegotiateProtocolVersion(raw: Buffer): NegotiateProtocolVersion {
  const body = new BodyReader(raw, 'target', 'NegotiateProtocolVersion');
  const version = body.int32();
  const unrecognised: string[] = [];
  for (let left = body.int32(); left > 0; left -= 1) unrecognised.push(body.cstring());
  body.end();
  return { type: 'NegotiateProtocolVersion', version, unrecognised };
}

export function encodeNegotiateProtocolVersion(version: number, unrecognised: readonly string[]): Buffer {
  return message(BACKEND.NegotiateProtocolVersion, int32(version), int32(unrecognised.length), ...unrecognised.map(cstring));
}
