import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { GatewayError, type Host, type Proof, type Session, type Target } from '@sallyport/core';
import { encodeAuthentication } from '../codec/authentication.ts';
import { encodeReadyForQuery } from '../codec/query.ts';
import { type BackendKey, encodeBackendKeyData, encodeNegotiateProtocolVersion, encodeParameterStatus } from '../codec/session-messages.ts';
import type { StartupMessage } from '../codec/startup-packets.ts';
import { noticeResponse, SqlStateError } from '../errors.ts';
import type { CancelRegistry } from './cancel-registry.ts';
import type { ClientConnection } from './client-connection.ts';
import { clientSettings } from './client-settings.ts';
import { passwordSignIn, scramSignIn } from './client-sign-in.ts';
import { chooseDatabase, chooseTarget } from './destination.ts';
import { openConversation } from './first-packets.ts';
import { startupOptions } from './target-options.ts';

/** A client that has signed in and been admitted. It still waits for {@link AcceptedClient.welcome}. */
export interface AcceptedClient {
  /** The client's bytes from here on: a TLS socket where TLS was agreed. */
  readonly socket: Duplex;
  /** Open: whoever gets it must end it. */
  readonly session: Session;
  /** The database at the target. */
  readonly database: string;
  /** Settings for the target's StartupMessage. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The client speaks protocol 3.`minor`. */
  readonly minor: 0 | 2;
  /**
   * AuthenticationOk (unless it was sent before), the target's ParameterStatus, the session's own
   * key, ReadyForQuery: the client may begin.
   */
  welcome(parameters: ReadonlyMap<string, string>, key: BackendKey): Buffer;
  /** Says why the session cannot begin, and closes. */
  refuse(error: GatewayError): void;
}

/**
 * The client's side of start-up, from its first byte until it is admitted.
 *
 * @returns undefined when there is nothing more to do: the client cancelled a query, left, or was
 *   refused and has been told why.
 */
export async function acceptClient(
  socket: Duplex,
  host: Host,
  context: { readonly registry: CancelRegistry },
): Promise<AcceptedClient | undefined> {
  let client: ClientConnection | undefined;
  try {
    const opening = await openConversation(socket, host, (connection) => {
      client = connection;
    });
    if ('cancel' in opening) {
      await context.registry.cancel(opening.cancel);
      client?.close();
      return undefined;
    }
    return await signIn(opening.client, opening.startup, host);
  } catch (cause) {
    const error = asGatewayError(cause);
    const why = error.cause instanceof Error ? { code: error.code, cause: error.cause.message } : { code: error.code };
    host.log(error === cause ? levelOf(error) : 'error', `A client did not sign in: ${error.message}`, why);
    client?.refuse(error);
    return undefined;
  }
}

async function signIn(client: ClientConnection, startup: StartupMessage, host: Host): Promise<AcceptedClient> {
  const minor = negotiateVersion(client, startup);
  const userName = startup.parameters.get('user') ?? '';
  if (userName === '') throw new GatewayError('ERR_ACCESS', 'The client named no user: sign in with the name of a gateway user.');
  const destination = chooseTarget(userName, host.targets);
  // Before the database: pg_basebackup names one that there is not, and shall hear about replication.
  const parameters = clientSettings(startup.parameters);
  const database = chooseDatabase(startup.parameters.get('database'), userName, destination);

  const { user, target } = destination;
  const proof = await prove(client, user, target, host);

  // Clients take a notice only behind AuthenticationOk, and that exactly once.
  let pendingOk = encodeAuthentication({ type: 'AuthenticationOk' });
  const takeOk = (): Buffer => {
    const ok = pendingOk;
    pendingOk = Buffer.alloc(0);
    return ok;
  };
  const { left, stop } = client.reader.watchEnd();
  const session = await host
    .admit({
      user,
      target,
      proof,
      facts: factsOf(client, startup, minor, database),
      left,
      notice: (text) => client.write(Buffer.concat([takeOk(), noticeResponse(text)])),
    })
    .finally(stop);
  return {
    socket: client.socket,
    session,
    database,
    parameters,
    minor,
    welcome: (statuses, key) =>
      Buffer.concat([
        takeOk(),
        ...[...statuses].map(([name, value]) => encodeParameterStatus(name, value)),
        encodeBackendKeyData(key),
        encodeReadyForQuery('I'),
      ]),
    refuse: (error) => client.refuse(error),
  };
}

/** By SCRAM, or by the secret itself where the target wants that, or an identity provider may know the user. */
async function prove(client: ClientConnection, user: string, target: Target, host: Host): Promise<Proof> {
  if (host.signedIn !== undefined) return { method: 'tunnel' };
  const { sign_in: method } = startupOptions(target);
  if (method === 'password') return passwordSignIn(client);
  const material = await host.scram(user);
  return method !== 'scram' && material.vouched ? passwordSignIn(client) : scramSignIn(client, user, material, host);
}

/**
 * 3.0 and 3.2 are spoken. 3.1 never was: poolers claimed it by mistake. A client that asks for
 * another minor version or for protocol extensions is told once what it gets.
 */
function negotiateVersion(client: ClientConnection, { major, minor, parameters }: StartupMessage): 0 | 2 {
  if (major !== 3) {
    throw new SqlStateError('ERR_PROTOCOL', '0A000', `Unsupported frontend protocol ${major}.${minor}: this gateway speaks 3.0 and 3.2.`);
  }
  const spoken = minor < 2 ? 0 : 2;
  const unrecognised = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'));
  if (spoken !== minor || unrecognised.length > 0) client.write(encodeNegotiateProtocolVersion(3 * 65536 + spoken, unrecognised));
  return spoken;
}

function factsOf(client: ClientConnection, { parameters }: StartupMessage, minor: number, database: string): Record<string, string> {
  const { socket } = client;
  return {
    application_name: parameters.get('application_name') ?? '',
    database,
    protocol: `3.${minor}`,
    tls: socket instanceof TLSSocket ? (socket.getProtocol() ?? '') : 'none',
  };
}

/** Clients that connect and leave, as psql does before it asks for the password, are no news. */
function levelOf(error: GatewayError): 'debug' | 'info' {
  return error.code === 'ERR_ENDED' ? 'debug' : 'info';
}

function asGatewayError(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  return new GatewayError('ERR_PROTOCOL', 'The sign-in met an internal error and was ended.', { cause });
}
