import { GatewayError, ProtocolError, type Target } from '@sallyport/core';
import { decodeAuthSwitch, type Greeting, NONCE_BYTES } from '../codec/handshake.ts';
import { decodeErr, type Err } from '../codec/responses.ts';
import { ErrnoError } from '../errors.ts';
import { ed25519Proof } from './ed25519.ts';
import { CACHING_SHA2, CLEAR, cachingSha2Proof, ED25519, encryptPassword, NATIVE, nativeProof, SHA256 } from './proofs.ts';

// Signing in at the target with the gateway's own credentials.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html

const OK = 0x00;
const MORE = 0x01;
const SWITCH = 0xfe;
const ERR = 0xff;
/** caching_sha2_password: the server knows the password's hash, or wants the password. */
const FAST_SUCCESS = 0x03;
const FULL_AUTHENTICATION = 0x04;
/** What asks for the server's RSA key. */
const KEY_REQUEST = { [CACHING_SHA2]: 0x02, [SHA256]: 0x01 } as const;
/** A server that goes on asking is none. */
const MAX_ROUNDS = 10;

/** What a sign-in reads and writes. */
export interface SignInPeer {
  /** Inside TLS. */
  readonly secure: boolean;
  write(payload: Buffer): void;
  next(): Promise<Buffer>;
}

/**
 * Answers the target until it says OK. A password never leaves in clear outside TLS.
 *
 * @param first the HandshakeResponse41 with a method and its proof.
 * @returns the target's OK
 * @throws GatewayError ERR_TARGET_AUTH, ErrnoError, ProtocolError
 */
export async function signInAtTarget(
  peer: SignInPeer,
  target: Target,
  greeting: Greeting,
  first: (plugin: string, proof: Buffer) => Buffer,
): Promise<Buffer> {
  const password = target.credentials.password ?? '';
  // What the server's default method is says nothing of this account's: a method that cannot be begun is begun by the native one.
  let plugin = greeting.plugin === CACHING_SHA2 || greeting.plugin === SHA256 ? greeting.plugin : NATIVE;
  let nonce = greeting.nonce;
  peer.write(first(plugin, proofOf(plugin, password, nonce, peer, target)));
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const payload = await peer.next();
    switch (payload[0]) {
      case OK:
        return payload;
      case ERR:
        throw loginError(target, decodeErr(payload));
      case SWITCH: {
        const wanted = decodeAuthSwitch(payload);
        if (wanted === undefined) throw refused(target, 'it wants the password hash of MySQL 4.0');
        plugin = wanted.plugin;
        nonce = plugin === ED25519 ? wanted.data.subarray(0, 32) : wanted.data.subarray(0, NONCE_BYTES);
        peer.write(proofOf(plugin, password, nonce, peer, target));
        break;
      }
      case MORE:
        await goOn(peer, target, plugin, payload.subarray(1), password, nonce);
        break;
      default:
        throw out();
    }
  }
  throw out();
}

function proofOf(plugin: string, password: string, nonce: Buffer, peer: SignInPeer, target: Target): Buffer {
  switch (plugin) {
    case NATIVE:
      return nativeProof(password, nonce);
    case CACHING_SHA2:
      return cachingSha2Proof(password, nonce);
    case SHA256:
      return peer.secure ? Buffer.from(`${password}\0`) : Buffer.of(KEY_REQUEST[SHA256]);
    case ED25519:
      return ed25519Proof(password, nonce);
    case CLEAR:
      if (!peer.secure) throw refused(target, 'it asks for the password in clear text: set its "tls" to verify-full');
      return Buffer.from(`${password}\0`);
    default:
      throw refused(target, `it asks for the sign-in method ${plugin}, which this gateway does not know`);
  }
}

/** AuthMoreData: the password in full, or the key that hides it. */
async function goOn(peer: SignInPeer, target: Target, plugin: string, data: Buffer, password: string, nonce: Buffer): Promise<void> {
  if (plugin === CACHING_SHA2 && data[0] === FAST_SUCCESS) return;
  if (plugin === CACHING_SHA2 && data[0] === FULL_AUTHENTICATION) {
    peer.write(peer.secure ? Buffer.from(`${password}\0`) : Buffer.of(KEY_REQUEST[CACHING_SHA2]));
    return;
  }
  if ((plugin !== CACHING_SHA2 && plugin !== SHA256) || peer.secure) throw out();
  try {
    peer.write(encryptPassword(password, nonce, data.toString()));
  } catch (cause) {
    throw refused(target, 'it sent an RSA key that cannot be used', cause);
  }
}

/** ER_DBACCESS_DENIED_ERROR, ER_BAD_DB_ERROR: what the client asked for, not who the gateway is. */
const ABOUT_THE_DATABASE: ReadonlySet<number> = new Set([1044, 1049]);

/** The target's own words about the gateway's login stay in the cause, for the log: they are not for clients. */
function loginError(target: Target, err: Err): GatewayError {
  const cause = new Error(`${err.code} (${err.sqlState}): ${err.message}`);
  if (ABOUT_THE_DATABASE.has(err.code)) {
    return new ErrnoError('ERR_ACCESS', err, `The target ${target.name} did not open a session there: ${err.message}.`, { cause });
  }
  if (err.sqlState === '28000' || err.code === 1045 || err.code === 1698) return refused(target, String(err.code), cause);
  return new ErrnoError('ERR_TARGET_UNREACHABLE', err, `The target ${target.name} did not open a session: ${err.message}.`, { cause });
}

/** The gateway could not sign in; the client has nothing to mend. */
function refused(target: Target, why: string, cause?: unknown): GatewayError {
  const message = `The target ${target.name} refused the gateway's own login (${why}). Your token is fine: the target's administrator must mend this.`;
  return new GatewayError('ERR_TARGET_AUTH', message, { cause: cause ?? new Error(why) });
}

function out(): ProtocolError {
  return new ProtocolError('target', 'The target broke off the sign-in: it sent a message that has no place there.');
}
