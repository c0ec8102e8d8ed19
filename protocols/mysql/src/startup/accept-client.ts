import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { acceptTls, GatewayError, type Host, isLoopbackClient, ProtocolError, type Session, type Target } from '@sallyport/core';
import { CAPABILITY, offered } from '../codec/capabilities.ts';
import {
  decodeClientCapabilities,
  decodeHandshakeResponse,
  encodeGreeting,
  type HandshakeResponse,
  NONCE_BYTES,
  SSL_REQUEST_BYTES,
} from '../codec/handshake.ts';
import { encodeOk } from '../codec/responses.ts';
import { ErrnoError } from '../errors.ts';
import { LEAVING } from '../leaving.ts';
import { ClientConnection } from './client-connection.ts';
import { type ClientProof, type SignInKey, type SignInTerms, signInDialogue, wrongToken } from './client-sign-in.ts';
import { chooseTarget } from './destination.ts';
import { openDatabases } from './open-databases.ts';
import { CACHING_SHA2, NATIVE } from './proofs.ts';
import { mysqlOptions } from './target-options.ts';
import type { TargetProfile, TargetProfiles } from './target-profile.ts';

/** ER_DBACCESS_DENIED_ERROR */
const DATABASE_DENIED = { code: 1044, sqlState: '42000', message: '' };

/** A client that has signed in and been admitted. It still waits for {@link AcceptedClient.welcome}. */
export interface AcceptedClient {
  /** The client's bytes from here on: a TLS socket where TLS was agreed. */
  readonly socket: Duplex;
  /** Open: whoever gets it must end it. */
  readonly session: Session;
  readonly user: string;
  /** What both legs behave by. */
  readonly capabilities: number;
  readonly collation: number;
  readonly database: string | undefined;
  /** The connection id that the client was told. */
  readonly threadId: number;
  /** SHA1(SHA1(secret)) of what it signed in with. */
  readonly sha1sha1: Buffer;
  /** Its leaving takes back what still runs. */
  readonly cancelsByLeaving: boolean;
  /** How the client can prove itself again. */
  readonly terms: Pick<SignInTerms, 'secure' | 'rsa'>;
  /** OK: the client may begin. @param status the target's */
  welcome(status: number): void;
  /** Says why the session cannot begin, and closes. */
  refuse(error: GatewayError): void;
}

/** What sign-ins need of the gateway. */
export interface AcceptContext {
  readonly profiles: TargetProfiles;
  readonly key: SignInKey;
  /** A connection id that no live session has. */
  threadId(): number;
}

/**
 * The client's side of start-up, from the greeting until it is admitted.
 *
 * @returns undefined when there is nothing more to do: the client left, or was refused and has been told why.
 */
export async function acceptClient(socket: Duplex, host: Host, context: AcceptContext): Promise<AcceptedClient | undefined> {
  let client = new ClientConnection(socket, false, host.signal);
  try {
    const [first] = host.targets;
    if (first === undefined) throw new GatewayError('ERR_CONFIG', 'No target is reachable at this address.');
    const profile = await context.profiles.of(first);
    const threadId = context.threadId();
    const nonce = freshNonce();
    const capabilities = offered(profile.capabilities);
    client.send(encodeGreeting({ ...profile, threadId, nonce, capabilities, plugin: CACHING_SHA2 }));
    const response = await readResponse(client, host, (secured) => {
      client = secured;
    });
    return await signIn(client, response, host, { ...context, profile, nonce, threadId });
  } catch (cause) {
    const error = cause instanceof GatewayError ? cause : internal(cause);
    const why = error.cause instanceof Error ? { code: error.code, cause: error.cause.message } : { code: error.code };
    host.log(levelOf(error, cause), `A client did not sign in: ${error.message}`, why);
    client.refuse(error);
    return undefined;
  }
}

/** HandshakeResponse41, inside TLS where the client asks for that first: only what it says there counts. */
async function readResponse(
  client: ClientConnection,
  host: Host,
  onSecured: (client: ClientConnection) => void,
): Promise<HandshakeResponse> {
  const first = await client.receive();
  const capabilities = decodeClientCapabilities(first);
  if ((capabilities & CAPABILITY.PROTOCOL_41) === 0 || (capabilities & CAPABILITY.SECURE_CONNECTION) === 0)
    throw new ProtocolError('client', 'The client speaks a protocol older than that of MySQL 4.1: use a newer one.');
  if (first.length !== SSL_REQUEST_BYTES || (capabilities & CAPABILITY.SSL) === 0) return decodeHandshakeResponse(first);
  // Clients begin TLS without waiting: what is behind the request stays in the socket, where TLS takes it for its own or fails.
  const secured = new ClientConnection(await acceptTls(client.socket, host.tls.context, host.signal), true, host.signal, 2);
  onSecured(secured);
  return decodeHandshakeResponse(await secured.receive());
}

interface Particulars extends Pick<AcceptContext, 'key'> {
  readonly profile: TargetProfile;
  readonly nonce: Buffer;
  readonly threadId: number;
}

async function signIn(
  client: ClientConnection,
  response: HandshakeResponse,
  host: Host,
  particulars: Particulars,
): Promise<AcceptedClient> {
  const { profile, threadId } = particulars;
  if (response.user === '') throw new GatewayError('ERR_ACCESS', 'The client named no user: sign in with the name of a gateway user.');
  const { user, target } = chooseTarget(response.user, host.targets);
  const terms = { secure: client.secure, rsa: client.secure || !isLoopbackClient(host.client) ? undefined : await particulars.key.get() };
  const { proof, sha1sha1 } = await prove(client, methodOf(response, profile), user, host, { ...terms, nonce: particulars.nonce });
  if (proof === undefined) throw wrongToken(user);

  const capabilities = (response.capabilities & offered(profile.capabilities)) >>> 0;
  const database = databaseOf(response.database, target);
  const closed = database === undefined ? undefined : openDatabases(target).refusal(database, true);
  if (closed !== undefined) throw new ErrnoError('ERR_ACCESS', DATABASE_DENIED, closed);
  const { left, stop } = client.reader.watchEnd();
  const session = await host.admit({ user, target, proof, left, facts: factsOf(client, response, database) }).finally(stop);
  return {
    socket: client.socket,
    session,
    user: response.user,
    capabilities,
    collation: response.collation,
    database,
    threadId,
    sha1sha1,
    cancelsByLeaving: response.attributes.get(LEAVING.name) === LEAVING.cancel,
    terms,
    welcome: (status) => client.send(encodeOk(status)),
    refuse: (error) => client.refuse(error),
  };
}

/**
 * The method that the client speaks. Connector/J takes a MariaDB that calls itself `5.5.5-…` for a MySQL from before
 * 5.5.16, and then misreads what caching_sha2_password goes on with.
 */
function methodOf({ plugin, attributes }: HandshakeResponse, { serverVersion }: TargetProfile): string | undefined {
  const misreads = attributes.get('_client_name') === 'MySQL Connector/J' && serverVersion.startsWith('5.5.5-');
  return misreads && plugin === CACHING_SHA2 ? NATIVE : plugin;
}

async function prove(
  client: ClientConnection,
  plugin: string | undefined,
  user: string,
  host: Host,
  terms: Pick<SignInTerms, 'secure' | 'rsa' | 'nonce'>,
): Promise<ClientProof> {
  if (host.signedIn !== undefined) return { proof: { method: 'tunnel' }, sha1sha1: Buffer.alloc(20) };
  const native = plugin === undefined || plugin === NATIVE;
  const keys = native ? (await host.scram(user)).keys : [];
  const dialogue = signInDialogue({ ...terms, plugin, keys }, CACHING_SHA2);
  let step = dialogue.next();
  while (step.done !== true) {
    client.send(step.value);
    step = dialogue.next(await client.receive());
  }
  if (step.value.proof === undefined) host.refused(user, 'no token of this user fits');
  return step.value;
}

/** The database at the target; undefined: none until the client chooses one. */
function databaseOf(named: string | undefined, target: Target): string | undefined {
  const usual = mysqlOptions(target).database;
  return named === undefined || named === target.name ? usual : named;
}

function factsOf({ socket }: ClientConnection, { attributes }: HandshakeResponse, database: string | undefined): Record<string, string> {
  return {
    application_name: attributes.get('program_name') ?? attributes.get('_client_name') ?? '',
    database: database ?? '',
    protocol: '4.1',
    tls: socket instanceof TLSSocket ? (socket.getProtocol() ?? '') : 'none',
  };
}

/** Proofs are made with it as a C string, and some clients cut it at `$`. */
export function freshNonce(): Buffer {
  return randomBytes(NONCE_BYTES).map((byte) => {
    const ascii = byte & 0x7f;
    return ascii === 0 || ascii === 0x24 ? ascii + 1 : ascii;
  }) as Buffer;
}

function levelOf(error: GatewayError, cause: unknown): 'debug' | 'info' | 'error' {
  if (error !== cause) return 'error';
  return error.code === 'ERR_ENDED' ? 'debug' : 'info'; // clients that connect and leave are no news
}

function internal(cause: unknown): GatewayError {
  return new GatewayError('ERR_PROTOCOL', 'The sign-in met an internal error and was ended.', { cause });
}
