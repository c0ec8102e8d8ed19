import { randomBytes } from 'node:crypto';
import { GatewayError, type Host, type Proof, ProtocolError, type ScramMaterial, serverSignature, verifyProof } from '@sallyport/core';
import { decodePasswordMessage, decodeSASLInitialResponse, decodeSASLResponse, encodeAuthentication } from '../codec/authentication.ts';
import { FRONTEND } from '../codec/message-types.ts';
import type { ClientConnection } from './client-connection.ts';

// Signing in at the gateway. https://www.postgresql.org/docs/current/sasl-authentication.html
// SCRAM: RFC 5802 with the hash of RFC 7677; the user name inside it is ignored, as PostgreSQL does.

const SCRAM = 'SCRAM-SHA-256';
const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS';
const BINDING = 'tls-server-end-point';
/** What a server takes as an answer (PG_MAX_AUTH_TOKEN_LENGTH), and the header. */
const MAX_ANSWER_BYTES = 65_535 + 5;
/** Tried where a user has no token, so that this takes as long as a wrong token. */
const NO_KEY: ScramMaterial['keys'][number] = {
  token: '',
  storedKey: Buffer.alloc(32),
  serverKey: Buffer.alloc(32),
  sha1sha1: Buffer.alloc(20),
};

/** Asks for the secret itself, which only TLS may carry: a JWT, or a token. */
export async function passwordSignIn(client: ClientConnection): Promise<Proof> {
  if (!client.secure) {
    throw new GatewayError('ERR_LOGIN', 'This target takes a password only inside TLS: connect with sslmode=require or stricter.');
  }
  client.write(encodeAuthentication({ type: 'AuthenticationCleartextPassword' }));
  const { password } = decodePasswordMessage(await answer(client));
  return { method: 'password', secret: password };
}

/**
 * One SCRAM exchange, tried against each of the user's tokens: they share their salt.
 *
 * @throws GatewayError ERR_LOGIN, in the same words whether the user or the token is unknown
 */
export async function scramSignIn(
  client: ClientConnection,
  user: string,
  material: ScramMaterial,
  host: Pick<Host, 'tls' | 'refused'>,
): Promise<Proof> {
  const mechanisms = client.secure ? [SCRAM_PLUS, SCRAM] : [SCRAM];
  client.write(encodeAuthentication({ type: 'AuthenticationSASL', mechanisms }));

  const initial = decodeSASLInitialResponse(await answer(client));
  if (!mechanisms.includes(initial.mechanism)) throw broken(`the mechanism "${initial.mechanism}" was not offered`);
  const first = parseClientFirst(initial.data?.toString('latin1') ?? '');
  checkBinding(first.binding, initial.mechanism, client.secure);

  const nonce = first.nonce + randomBytes(18).toString('base64');
  const serverFirst = `r=${nonce},s=${material.salt.toString('base64')},i=${material.iterations}`;
  client.write(encodeAuthentication({ type: 'AuthenticationSASLContinue', data: Buffer.from(serverFirst) }));

  const final = parseClientFinal(decodeSASLResponse(await answer(client)).toString('latin1'));
  const bound = first.binding === BINDING ? host.tls.hash : Buffer.alloc(0);
  const expected = Buffer.concat([Buffer.from(first.header, 'latin1'), bound]).toString('base64');
  if (final.nonce !== nonce) throw broken('the nonce changed on the way');
  const authMessage = Buffer.from(`${first.bare},${serverFirst},${final.withoutProof}`, 'latin1');
  const keys = material.keys.length > 0 ? material.keys : [NO_KEY];
  const key = keys.filter(({ storedKey }) => verifyProof(storedKey, authMessage, final.proof))[0];
  if (final.channel !== expected) refuse(host, user, 'the channel binding names another certificate');
  if (key === undefined || material.keys.length === 0) refuse(host, user, 'no token of this user fits');

  const signature = serverSignature(key.serverKey, authMessage).toString('base64');
  client.write(encodeAuthentication({ type: 'AuthenticationSASLFinal', data: Buffer.from(`v=${signature}`) }));
  return { method: 'scram', token: key.token };
}

async function answer(client: ClientConnection): Promise<Buffer> {
  const raw = await client.reader.message(MAX_ANSWER_BYTES);
  if (raw[0] === FRONTEND.Terminate) throw new GatewayError('ERR_ENDED', 'The client left before it had signed in.');
  if (raw[0] !== FRONTEND.PasswordMessage)
    throw new ProtocolError('client', 'The client sent something else than a password while signing in.');
  return raw;
}

interface ClientFirst {
  /** gs2-header with its comma, as c= repeats it. */
  readonly header: string;
  /** `n` no channel binding, `y` the client could but believes the server cannot, else its type. */
  readonly binding: string;
  readonly bare: string;
  readonly nonce: string;
}

/** `n | y | p=type "," [a=name] "," n=user ",r=" nonce [",…"]` */
function parseClientFirst(text: string): ClientFirst {
  const match = /^((?:([ny])|p=([^,]+)),,)(n=[^,]*,r=([!-+\--~]+)(?:,.*)?)$/s.exec(text);
  if (match === null) throw broken('its first message cannot be read');
  const [, header = '', flag, type, bare = '', nonce = ''] = match;
  return { header, binding: flag ?? type ?? '', bare, nonce };
}

interface ClientFinal {
  readonly channel: string;
  readonly nonce: string;
  readonly withoutProof: string;
  readonly proof: Buffer;
}

/** `c=base64 ",r=" nonce [",…"] ",p=" base64` */
function parseClientFinal(text: string): ClientFinal {
  const match = /^(c=([^,]*),r=([^,]*)(?:,.*)?),p=([^,]*)$/s.exec(text);
  if (match === null) throw broken('its last message cannot be read');
  const [, withoutProof = '', channel = '', nonce = '', proof = ''] = match;
  return { channel, nonce, withoutProof, proof: Buffer.from(proof, 'base64') };
}

function checkBinding(binding: string, mechanism: string, offered: boolean): void {
  const plus = mechanism === SCRAM_PLUS;
  if (plus && binding !== BINDING) throw broken(`it asks for the channel binding "${binding}" instead of ${BINDING}`);
  if (!plus && binding !== 'n' && binding !== 'y') throw broken(`it binds the channel with ${SCRAM}`);
  // The client saw an offer without PLUS and we made one with it: somebody in between took it out.
  if (offered && binding === 'y') throw broken('the offer of channel binding was lost on the way, as if somebody had changed it');
}

function refuse(host: Pick<Host, 'refused'>, user: string, why: string): never {
  host.refused(user, why);
  throw new GatewayError('ERR_LOGIN', `Password authentication failed for user "${user}": the gateway token is wrong, expired or revoked.`);
}

function broken(what: string): ProtocolError {
  return new ProtocolError('client', `The client's SCRAM sign-in is broken: ${what}.`);
}
