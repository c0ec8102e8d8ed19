import type { Duplex } from 'node:stream';
import {
  GatewayError,
  type Host,
  type Proof,
  ProtocolError,
  type Session,
  sshFingerprint,
  type Target,
  verifySshSignature,
} from '@sallyport/core';
import ssh2, { type AuthContext, type Connection, type PublicKeyAuthContext } from 'ssh2';
import { asGatewayError } from '../errors.ts';
import { keepaliveOf, type SshLimits } from '../limits.ts';
import { DISCONNECT_REASON, disconnect, sendBanner } from '../ssh2/private-parts.ts';
import { chooseTarget, type Destination } from './destination.ts';

/** OpenSSH's clients tell only servers of this name when they read no more (see end-of-write.ts): without, `ssh host yes | head` never ends. */
const IDENT = 'OpenSSH_Sallyport';
/** How often a client may be wrong; as often as OpenSSH's own server lets it. */
const MAX_FAILURES = 6;
/** Keys that a client may offer without proving one: agents hold many. */
const MAX_OFFERS = 32;
const METHODS = ['publickey', 'keyboard-interactive', 'password'] as const;

/** A client that has proven who it is. */
export interface AcceptedClient {
  readonly connection: Connection;
  readonly target: Target;
  /** Resolves when it is admitted: access may wait for an approval. Rejects with the reason why not. */
  readonly session: Promise<Session>;
  /** What the client reads while its access waits. */
  notice(): string | undefined;
}

/**
 * The client's side of a connection, from its first byte until it has proven who it is.
 *
 * @param welcome called just before the client learns that it is in: from there on its requests arrive.
 * @returns undefined when there is nothing more to do: the client left, or was refused and has been told why.
 */
export async function acceptClient(
  socket: Duplex,
  host: Host,
  limits: SshLimits,
  welcome: (accepted: AcceptedClient) => void,
): Promise<AcceptedClient | undefined> {
  try {
    const connection = await greet(socket, host, limits);
    return await new SignIn(connection, host, welcome).accepted;
  } catch (cause) {
    const error = asGatewayError(cause);
    host.log(error.code === 'ERR_ENDED' ? 'debug' : 'info', `A client did not sign in: ${error.message}`, { code: error.code });
    socket.destroy();
    return undefined;
  }
}

async function greet(socket: Duplex, host: Host, limits: SshLimits): Promise<Connection> {
  const server = new ssh2.Server({ hostKeys: [...(await host.sshHostKeys())], ident: IDENT, ...keepaliveOf(limits) });
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  const abort = (): void => reject(host.signal.reason);
  const gone = (): void => reject(new GatewayError('ERR_ENDED', 'The client left before it had said that it speaks SSH.'));
  server.once('connection', resolve);
  socket.once('close', gone);
  host.signal.addEventListener('abort', abort, { once: true });
  host.signal.throwIfAborted();
  server.injectSocket(socket as Parameters<typeof server.injectSocket>[0]);
  try {
    return await promise;
  } finally {
    socket.off('close', gone);
    host.signal.removeEventListener('abort', abort);
  }
}

/** Sign-in as https://www.rfc-editor.org/rfc/rfc4252 has it: any method, any number of keys, few mistakes. */
class SignIn {
  readonly #connection: Connection;
  readonly #host: Host;
  readonly #welcome: (accepted: AcceptedClient) => void;
  readonly #accepted = Promise.withResolvers<AcceptedClient>();
  readonly #left = new AbortController();
  #failures = 0;
  #offers = 0;
  /** A proof is being looked at, or one was good. */
  #admitting = false;

  constructor(connection: Connection, host: Host, welcome: (accepted: AcceptedClient) => void) {
    this.#connection = connection;
    this.#host = host;
    this.#welcome = welcome;
    const { signal } = host;
    const abort = (): void => this.#refuse(asGatewayError(signal.reason));
    signal.addEventListener('abort', abort, { once: true });
    const end = (): void => {
      this.#left.abort(new GatewayError('ERR_ENDED', 'The client left.'));
      this.#accepted.reject(new GatewayError('ERR_ENDED', 'The client left before it had signed in.'));
    };
    // ssh2 ends its own half only, and a client may keep the other one open.
    const broken = (error: Error & { level?: string }): void => {
      if (error.level === 'socket') return; // closed as well
      this.#refuse(new ProtocolError('client', `What the client sent is not SSH: ${error.message}.`, { cause: error }));
    };
    connection.on('error', broken);
    connection.on('close', end);
    connection.on('authentication', (context) => void this.#attempt(context));
    const done = (): void => {
      signal.removeEventListener('abort', abort);
      connection.on('error', () => undefined).off('error', broken);
    };
    this.accepted.then(done, done);
  }

  get accepted(): Promise<AcceptedClient> {
    return this.#accepted.promise;
  }

  async #attempt(context: AuthContext): Promise<void> {
    try {
      // A client may give up a dialogue and begin another; two that are both good would be two sessions.
      if (this.#admitting)
        throw new GatewayError('ERR_LOGIN', 'Another sign-in was begun while the first one was looked at: connect again.');
      const destination = chooseTarget(context.username, this.#host.targets);
      if (this.#host.signedIn !== undefined) return await this.#admit(context, destination, { method: 'tunnel' });
      if (context.method === 'none' || context.method === 'hostbased') return context.reject([...METHODS]);
      if (context.method === 'publickey') return await this.#publicKey(context, destination);
      const secret = context.method === 'password' ? context.password : await ask(context);
      if (secret !== undefined) await this.#admit(context, destination, { method: 'password', secret });
    } catch (cause) {
      this.#refuse(asGatewayError(cause));
    }
  }

  async #publicKey(context: PublicKeyAuthContext, destination: Destination): Promise<void> {
    const { data } = context.key;
    let provable: Buffer;
    try {
      provable = this.#host.provable(destination.user, data);
    } catch (cause) {
      this.#offers += 1;
      this.#host.log('debug', `An SSH key was not taken: ${asGatewayError(cause).message}`, { key: sshFingerprint(data) });
      if (context.key.algo.includes('-cert-')) sendBanner(this.#connection, asGatewayError(cause).message);
      if (this.#offers > MAX_OFFERS)
        throw new GatewayError('ERR_LOGIN', `None of ${MAX_OFFERS} keys is good here: name one with -i and -o IdentitiesOnly=yes.`);
      return context.reject([...METHODS]);
    }
    if (context.signature === undefined) return context.accept(); // asked whether to sign; nothing is proven by that
    if (proves(context, provable)) return this.#admit(context, destination, { method: 'publickey', key: data });
    this.#host.refused(destination.user, 'the signature does not belong to the key');
    this.#fail(context, undefined);
  }

  /** The proof holds or it does not; where access waits for an approval, the client is let in to read that. */
  async #admit(context: AuthContext, { user, target }: Destination, proof: Proof): Promise<void> {
    this.#admitting = true;
    let notice: string | undefined;
    const proven = Promise.withResolvers<void>();
    const session = this.#host.admit({
      user,
      target,
      proof,
      facts: this.#facts(context),
      left: this.#left.signal,
      notice: (text) => {
        notice = text;
        proven.resolve();
      },
    });
    session.then(() => proven.resolve(), proven.reject);
    try {
      await proven.promise;
    } catch (cause) {
      const error = asGatewayError(cause);
      this.#admitting = false;
      if (error.code === 'ERR_LOGIN') return this.#fail(context, error);
      throw error;
    }
    if (this.#left.signal.aborted) return abandon(session, asGatewayError(this.#left.signal.reason));
    const accepted = { connection: this.#connection, target, session, notice: () => notice };
    this.#welcome(accepted);
    context.accept();
    this.#accepted.resolve(accepted);
  }

  #fail(context: AuthContext, error: GatewayError | undefined): void {
    this.#failures += 1;
    if (error !== undefined) sendBanner(this.#connection, error.message);
    if (this.#failures < MAX_FAILURES) context.reject([...METHODS]);
    else
      this.#refuse(
        new GatewayError('ERR_LOGIN', `${MAX_FAILURES} attempts to sign in have failed: connect again with the right token or key.`),
      );
  }

  #refuse(error: GatewayError): void {
    this.#left.abort(error);
    disconnect(this.#connection, DISCONNECT_REASON.NO_MORE_AUTH_METHODS, error.message);
    this.#accepted.reject(error);
  }

  #facts(context: AuthContext): Record<string, string> {
    const key = context.method === 'publickey' ? sshFingerprint(context.key.data) : undefined;
    return { protocol: 'SSH-2.0', sign_in: context.method, ...(key !== undefined && { key }) };
  }
}

/** Nobody is there any more whose session it could be: its record is sealed all the same. */
async function abandon(session: Promise<Session>, error: GatewayError): Promise<void> {
  const nothing = { clientBytes: 0, targetBytes: 0, clientFrames: 0, targetFrames: 0, opaqueBytes: 0 };
  await session.then(
    (opened) => opened.end({ error, ...nothing }),
    () => undefined,
  );
}

/** The client's answer, which it does not show; undefined where it gave none. */
function ask(context: Extract<AuthContext, { method: 'keyboard-interactive' }>): Promise<string | undefined> {
  return new Promise((resolve) => {
    context.once('abort', () => resolve(undefined));
    context.prompt([{ prompt: 'Gateway token: ', echo: false }], 'Sallyport', '', (answers) => resolve(answers[0] ?? ''));
  });
}

/** ssh2 hands over a signature without its algorithm, unless it is for a certificate, which it knows nothing of. */
function proves({ key, signature, blob, hashAlgo }: PublicKeyAuthContext, provable: Buffer): boolean {
  if (signature === undefined || blob === undefined) return false;
  if (key.algo.includes('-cert-')) return verifySshSignature(provable, signature, blob);
  if (key.algo === 'ssh-rsa' && hashAlgo === undefined) return false; // SHA-1
  const parsed = ssh2.utils.parseKey(provable);
  return !(parsed instanceof Error) && parsed.verify(blob, signature, hashAlgo) === true;
}
