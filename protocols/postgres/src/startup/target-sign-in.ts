import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { clientKey, clientProof, GatewayError, hi, ProtocolError, serverKey, serverSignature, type Target } from '@sallyport/core';
import { type Authentication, encodePasswordMessage, encodeSASLInitialResponse, encodeSASLResponse } from '../codec/authentication.ts';

// Signing in at the target with the gateway's own credentials.
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP

const SCRAM = 'SCRAM-SHA-256';
const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS';
/** More rounds than any server asks for, and still bounded: the target chooses the number. */
const MAX_ITERATIONS = 1_000_000;

/** What a sign-in reads and writes. */
export interface SignInPeer {
  readonly tls: TLSSocket | undefined;
  write(data: Buffer): void;
  /** The target's next authentication message. @throws GatewayError for an ErrorResponse */
  next(): Promise<Authentication>;
}

/**
 * Answers the target until it says AuthenticationOk. A password never leaves in clear outside TLS.
 *
 * @throws GatewayError ERR_TARGET_AUTH, ProtocolError
 */
export async function signInAtTarget(peer: SignInPeer, target: Target): Promise<void> {
  const request = await peer.next();
  switch (request.type) {
    case 'AuthenticationOk':
      return;
    case 'AuthenticationCleartextPassword':
      if (peer.tls === undefined) throw refused(target, 'it asks for the password in clear text: set its "tls" to verify-full');
      peer.write(encodePasswordMessage(passwordOf(target)));
      break;
    case 'AuthenticationMD5Password':
      peer.write(encodePasswordMessage(md5Password(target.credentials.username, passwordOf(target), request.salt)));
      break;
    case 'AuthenticationSASL':
      await scram(peer, target, request.mechanisms);
      break;
    default:
      throw refused(target, 'it asks for a kind of sign-in that this gateway does not know: use scram-sha-256, md5, cert or trust');
  }
  const end = await peer.next();
  if (end.type !== 'AuthenticationOk') throw out(`${end.type} where AuthenticationOk belongs`);
}

/** SCRAM-SHA-256, RFC 5802, bound to the target's certificate where both can. Checks that the target knows the password too. */
async function scram(peer: SignInPeer, target: Target, mechanisms: readonly string[]): Promise<void> {
  const hash = peer.tls && endPointHash(peer.tls);
  const plus = hash !== undefined && mechanisms.includes(SCRAM_PLUS);
  if (!plus && !mechanisms.includes(SCRAM)) throw refused(target, `it offers only ${mechanisms.join(', ')}: use scram-sha-256`);
  const password = passwordOf(target);

  const header = gs2Header(plus, hash !== undefined);
  const nonce = randomBytes(18).toString('base64');
  const bare = `n=,r=${nonce}`;
  peer.write(encodeSASLInitialResponse(plus ? SCRAM_PLUS : SCRAM, Buffer.from(header + bare)));

  const serverFirst = saslData(await peer.next(), 'AuthenticationSASLContinue');
  const [, serverNonce = '', salt = '', rounds = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)(?:,.*)?$/s.exec(serverFirst) ?? [];
  const iterations = Number(rounds);
  if (!serverNonce.startsWith(nonce) || serverNonce === nonce) throw out('a SCRAM nonce that does not extend ours');
  if (iterations < 1 || iterations > MAX_ITERATIONS) throw out(`${rounds} SCRAM iterations, outside 1 to ${MAX_ITERATIONS}`);

  const salted = await saltedPassword(target, password, salt, iterations);
  const channel = Buffer.concat([Buffer.from(header), (plus && hash) || Buffer.alloc(0)]).toString('base64');
  const withoutProof = `c=${channel},r=${serverNonce}`;
  const authMessage = Buffer.from(`${bare},${serverFirst},${withoutProof}`, 'latin1');
  const proof = clientProof(clientKey(salted), authMessage).toString('base64');
  peer.write(encodeSASLResponse(Buffer.from(`${withoutProof},p=${proof}`)));

  const final = saslData(await peer.next(), 'AuthenticationSASLFinal');
  const signature = Buffer.from(/^v=([^,]+)/.exec(final)?.[1] ?? '', 'base64');
  const expected = serverSignature(serverKey(salted), authMessage);
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    throw new GatewayError(
      'ERR_TARGET_AUTH',
      `The target ${target.name} could not prove that it knows the gateway's password: it may not be the server it should be.`,
    );
  }
}

interface Salted {
  readonly password: string;
  readonly salt: string;
  readonly iterations: number;
  readonly bytes: Buffer;
}

/** What was computed last for a target's credentials. A server keeps a role's salt as long as its password. */
const known = new WeakMap<Target['credentials'], Salted>();

/**
 * The SaltedPassword, which takes thousands of hashes and is kept for the next sign-in, as
 * {@link https://www.rfc-editor.org/rfc/rfc5802#section-5.1 RFC 5802, section 5.1} allows.
 */
async function saltedPassword({ credentials }: Target, password: string, salt: string, iterations: number): Promise<Buffer> {
  const last = known.get(credentials);
  if (last?.password === password && last.salt === salt && last.iterations === iterations) return last.bytes;
  const bytes = await hi(password, Buffer.from(salt, 'base64'), iterations);
  known.set(credentials, { password, salt, iterations, bytes });
  return bytes;
}

/** `y` tells a server that offered no binding that we could have: it then notices who took its offer out. */
function gs2Header(plus: boolean, able: boolean): string {
  if (plus) return 'p=tls-server-end-point,,';
  return able ? 'y,,' : 'n,,';
}

function saslData(request: Authentication, type: 'AuthenticationSASLContinue' | 'AuthenticationSASLFinal'): string {
  if (request.type !== type) throw out(`${request.type} where ${type} belongs`);
  return request.data.toString('latin1');
}

/**
 * tls-server-end-point, RFC 5929: the certificate's hash by its signature's algorithm, SHA-256 for
 * MD5 and SHA-1. undefined where that is not plain from the algorithm's name (Ed25519, RSA-PSS).
 */
function endPointHash(tls: TLSSocket): Buffer | undefined {
  const certificate = tls.getPeerX509Certificate();
  const bits = /md5|sha-?(\d+)/i.exec(certificate?.signatureAlgorithm ?? '');
  if (certificate === undefined || bits === null) return undefined;
  const algorithm = bits[1] === undefined || bits[1] === '1' ? 'sha256' : `sha${bits[1]}`;
  return createHash(algorithm).update(certificate.raw).digest();
}

/** `"md5" + md5(md5(password + user) + salt)`, hexadecimal. */
function md5Password(user: string, password: string, salt: Buffer): string {
  const inner = createHash('md5')
    .update(password + user)
    .digest('hex');
  return `md5${createHash('md5').update(inner).update(salt).digest('hex')}`;
}

function passwordOf(target: Target): string {
  const { password } = target.credentials;
  if (password === undefined) throw refused(target, 'it asks for a password and its "credentials" have none');
  return password;
}

/** The gateway could not sign in; the client has nothing to mend. */
export function refused(target: Target, why: string, cause?: unknown): GatewayError {
  const message = `The target ${target.name} refused the gateway's own login (${why}). Your token is fine: the target's administrator must mend this.`;
  return new GatewayError('ERR_TARGET_AUTH', message, { cause: cause ?? new Error(why) });
}

function out(what: string): ProtocolError {
  return new ProtocolError('target', `The target broke off the sign-in: it sent ${what}.`);
}
