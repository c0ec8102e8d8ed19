import { BodyReader } from './body-reader.ts';
import { byte1, cstring, int32, message, nullable } from './bytes.ts';
import { BACKEND, FRONTEND } from './message-types.ts';

/**
 * What a server asks for, or says, while a client signs in: `R | length | Int32 code | …`
 *
 * - 0 `AuthenticationOk`
 * - 3 `AuthenticationCleartextPassword`
 * - 5 `AuthenticationMD5Password`: Byte4 salt
 * - 10 `AuthenticationSASL`: String mechanism × n, 0
 * - 11 `AuthenticationSASLContinue`, 12 `AuthenticationSASLFinal`: bytes data
 * - others (Kerberos, GSSAPI, SSPI): `AuthenticationOther`
 *
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export type Authentication =
  | { readonly type: 'AuthenticationOk' | 'AuthenticationCleartextPassword' }
  | { readonly type: 'AuthenticationMD5Password'; readonly salt: Buffer }
  | { readonly type: 'AuthenticationSASL'; readonly mechanisms: readonly string[] }
  | { readonly type: 'AuthenticationSASLContinue' | 'AuthenticationSASLFinal'; readonly data: Buffer }
  | { readonly type: 'AuthenticationOther'; readonly code: number; readonly data: Buffer };

const CODE = {
  AuthenticationOk: 0,
  AuthenticationCleartextPassword: 3,
  AuthenticationMD5Password: 5,
  AuthenticationSASL: 10,
  AuthenticationSASLContinue: 11,
  AuthenticationSASLFinal: 12,
} as const;

export function decodeAuthentication(raw: Buffer): Authentication {
  const body = new BodyReader(raw, 'target', 'Authentication');
  const request = decodeRequest(body.int32(), body);
  body.end();
  return request;
}

function decodeRequest(code: number, body: BodyReader): Authentication {
  switch (code) {
    case CODE.AuthenticationOk:
      return { type: 'AuthenticationOk' };
    case CODE.AuthenticationCleartextPassword:
      return { type: 'AuthenticationCleartextPassword' };
    case CODE.AuthenticationMD5Password:
      return { type: 'AuthenticationMD5Password', salt: body.bytes(4) };
    case CODE.AuthenticationSASL: {
      const mechanisms: string[] = [];
      for (let name = body.cstring(); name !== ''; name = body.cstring()) mechanisms.push(name);
      return { type: 'AuthenticationSASL', mechanisms };
    }
    case CODE.AuthenticationSASLContinue:
      return { type: 'AuthenticationSASLContinue', data: body.rest() };
    case CODE.AuthenticationSASLFinal:
      return { type: 'AuthenticationSASLFinal', data: body.rest() };
    default:
      return { type: 'AuthenticationOther', code, data: body.rest() };
  }
}

export function encodeAuthentication(request: Authentication): Buffer {
  switch (request.type) {
    case 'AuthenticationOther':
      return message(BACKEND.Authentication, int32(request.code), request.data);
    case 'AuthenticationMD5Password':
      return message(BACKEND.Authentication, int32(CODE[request.type]), request.salt);
    case 'AuthenticationSASL':
      return message(BACKEND.Authentication, int32(CODE[request.type]), ...request.mechanisms.map(cstring), byte1(0));
    case 'AuthenticationSASLContinue':
    case 'AuthenticationSASLFinal':
      return message(BACKEND.Authentication, int32(CODE[request.type]), request.data);
    case 'AuthenticationOk':
    case 'AuthenticationCleartextPassword':
      return message(BACKEND.Authentication, int32(CODE[request.type]));
  }
}

/** `p | length | String password`: the answer to a cleartext or MD5 request. */
export interface PasswordMessage {
  readonly type: 'PasswordMessage';
  readonly password: string;
}

export function decodePasswordMessage(raw: Buffer): PasswordMessage {
  const body = new BodyReader(raw, 'client', 'PasswordMessage');
  const password = body.cstring();
  body.end();
  return { type: 'PasswordMessage', password };
}

export function encodePasswordMessage(password: string): Buffer {
  return message(FRONTEND.PasswordMessage, cstring(password));
}

/** `p | length | String mechanism | Int32 length, bytes`: the answer to AuthenticationSASL. */
export interface SASLInitialResponse {
  readonly type: 'SASLInitialResponse';
  readonly mechanism: string;
  /** null: the client leaves the first word to the server. */
  readonly data: Buffer | null;
}

export function decodeSASLInitialResponse(raw: Buffer): SASLInitialResponse {
  const body = new BodyReader(raw, 'client', 'SASLInitialResponse');
  const mechanism = body.cstring();
  const data = body.nullable();
  body.end();
  return { type: 'SASLInitialResponse', mechanism, data };
}

export function encodeSASLInitialResponse(mechanism: string, data: Buffer | null): Buffer {
  return message(FRONTEND.PasswordMessage, cstring(mechanism), nullable(data));
}

/** `p | length | bytes`: the answer to AuthenticationSASLContinue. A view of the bytes. */
export function decodeSASLResponse(raw: Buffer): Buffer {
  return new BodyReader(raw, 'client', 'SASLResponse').rest();
}

export function encodeSASLResponse(data: Buffer): Buffer {
  return message(FRONTEND.PasswordMessage, data);
}
