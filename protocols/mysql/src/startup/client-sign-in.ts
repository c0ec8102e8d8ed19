import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { GatewayError, type Proof, type ScramMaterial } from '@sallyport/core';
import { encodeAuthMore, encodeAuthSwitch } from '../codec/handshake.ts';
import { CACHING_SHA2, CLEAR, decryptPassword, doubleSha1, NATIVE, verifyNative, withoutZero } from './proofs.ts';

/** Messages to the client, each with what it answers; in the end what it proved. */
export type SignInDialogue = Generator<Buffer, ClientProof, Buffer>;

export interface ClientProof {
  /** undefined: no token of this user fits. */
  readonly proof: Proof | undefined;
  /** SHA1(SHA1(secret)): what proves later that it is the same client with the same secret. */
  readonly sha1sha1: Buffer;
}

export interface SignInTerms {
  /** The method that the client speaks by itself, where it said so. */
  readonly plugin: string | undefined;
  readonly nonce: Buffer;
  /** Inside TLS: secrets may pass in clear. */
  readonly secure: boolean;
  /** For secrets outside TLS; undefined where they may not be sent at all. */
  readonly rsa: { readonly publicKey: string; readonly privateKey: KeyObject } | undefined;
  readonly keys: readonly Pick<ScramMaterial['keys'][number], 'token' | 'sha1sha1'>[];
}

/** caching_sha2_password: send the secret itself. */
const FULL_AUTHENTICATION = 0x04;
const PUBLIC_KEY_REQUEST = 0x02;
/** Tried where a user has no token, so that this takes as long as a wrong token. */
const NO_KEY = { token: '', sha1sha1: Buffer.alloc(20) };

/**
 * How a client proves who it is. `caching_sha2_password` is asked for the secret itself, which TLS or an RSA key hides;
 * only a token, which has a hash for it, may be proven by `mysql_native_password`.
 *
 * @throws GatewayError ERR_LOGIN where the secret would pass in the open
 */
export function* signInDialogue(terms: SignInTerms, announced: string): SignInDialogue {
  const { plugin = NATIVE, nonce } = terms;
  if (plugin === NATIVE) return nativeResult(terms, yield encodeAuthSwitch(NATIVE, nonce));
  if (plugin === CLEAR) {
    if (!terms.secure) throw insecure();
    return clearResult(withoutZero(yield encodeAuthSwitch(CLEAR, nonce)));
  }
  if (announced !== CACHING_SHA2 || plugin !== CACHING_SHA2) yield encodeAuthSwitch(CACHING_SHA2, nonce);
  return yield* fullAuthentication(terms);
}

function* fullAuthentication({ secure, rsa, nonce }: SignInTerms): SignInDialogue {
  if (!secure && rsa === undefined) throw insecure();
  const answer: Buffer = yield encodeAuthMore(Buffer.of(FULL_AUTHENTICATION));
  if (secure || rsa === undefined) return clearResult(withoutZero(answer));
  const asked = answer.length === 1 && answer[0] === PUBLIC_KEY_REQUEST;
  const cipher: Buffer = asked ? yield encodeAuthMore(Buffer.from(rsa.publicKey)) : answer;
  const secret = decryptPassword(cipher, nonce, rsa.privateKey);
  return clearResult(secret ?? '');
}

function clearResult(secret: string): ClientProof {
  return { proof: { method: 'password', secret }, sha1sha1: doubleSha1(secret) };
}

function nativeResult({ keys, nonce }: SignInTerms, answer: Buffer): ClientProof {
  const tried = keys.length > 0 ? keys : [NO_KEY];
  const key = tried.filter(({ sha1sha1 }) => verifyNative(answer, nonce, sha1sha1))[0];
  const proof = key === undefined || key.token === '' ? undefined : ({ method: 'native', token: key.token } as const);
  return { proof, sha1sha1: key?.sha1sha1 ?? NO_KEY.sha1sha1 };
}

function insecure(): GatewayError {
  return new GatewayError('ERR_LOGIN', 'The token would pass in the open: connect with TLS (ssl-mode=REQUIRED, or --ssl for MariaDB).');
}

export function wrongToken(user: string): GatewayError {
  return new GatewayError('ERR_LOGIN', `Access denied for user '${user}': the gateway token is wrong, expired or revoked.`);
}

const RSA_BITS = 2048;

/** The key for clients without TLS on the gateway's own machine; made when the first one comes, gone with the process. */
export class SignInKey {
  #pair: Promise<NonNullable<SignInTerms['rsa']>> | undefined;

  get(): Promise<NonNullable<SignInTerms['rsa']>> {
    this.#pair ??= promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS }).then(({ publicKey, privateKey }) => ({
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      privateKey,
    }));
    return this.#pair;
  }
}
