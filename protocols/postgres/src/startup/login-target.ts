import type { Duplex } from 'node:stream';
import { GatewayError, ProtocolError, SocketReader, type Target, unreachable } from '@sallyport/core';
import { type Authentication, decodeAuthentication } from '../codec/authentication.ts';
import { decodeErrorOrNotice } from '../codec/error-fields.ts';
import { BACKEND } from '../codec/message-types.ts';
import { type BackendKey, decodeBackendKeyData, decodeNegotiateProtocolVersion, decodeParameterStatus } from '../codec/session-messages.ts';
import { encodeCancelRequest, encodeStartupMessage } from '../codec/startup-packets.ts';
import { SqlStateError } from '../errors.ts';
import { MessageReader } from './message-reader.ts';
import { connectTarget, type TargetConnection } from './target-connection.ts';
import { refused, type SignInPeer, signInAtTarget } from './target-sign-in.ts';

/** How long a login may take, whatever its caller's signal says. */
const LOGIN_MS = 15_000;
/** Nothing that a server says before it is ready is larger. */
const MAX_LOGIN_MESSAGE_BYTES = 64 * 1024;
/** How long a target may take to act on a CancelRequest. */
const CANCEL_MS = 5_000;

/** A session at the target, idle. What the target sends next is still in the socket. */
export interface TargetLogin {
  readonly socket: Duplex;
  /** The target's ParameterStatus, in its order. */
  readonly parameters: ReadonlyMap<string, string>;
  /** undefined where the target gives none, as some poolers do: then nothing can be cancelled there. */
  readonly backendKey: BackendKey | undefined;
}

/**
 * Connects to a target, signs in with the gateway's credentials and waits until it is ready.
 *
 * @param parameters settings for the StartupMessage; what the client may set is vetted before.
 * @param minor protocol 3.`minor` is asked for; the target may answer with 3.0.
 * @throws GatewayError ERR_TARGET_UNREACHABLE or ERR_TARGET_AUTH with a sentence for the client; a
 *   {@link SqlStateError} where the target's own SQLSTATE says it better; or the signal's reason
 */
export async function loginTarget(
  target: Target,
  database: string,
  parameters: ReadonlyMap<string, string>,
  signal: AbortSignal,
  minor: 0 | 2 = 0,
): Promise<TargetLogin> {
  const late = AbortSignal.timeout(LOGIN_MS);
  const both = AbortSignal.any([signal, late]);
  let connection: TargetConnection | undefined;
  try {
    connection = await connectTarget(target, both);
    const startup = new Map([['user', target.credentials.username], ['database', database], ...parameters]);
    connection.socket.write(encodeStartupMessage(minor, startup));
    return await converse(connection, target, both);
  } catch (cause) {
    connection?.socket.destroy();
    signal.throwIfAborted();
    if (late.aborted) throw unreachable(target, `did not finish the gateway's login within ${LOGIN_MS / 1000} seconds`, cause);
    if (cause instanceof GatewayError && cause.code !== 'ERR_ENDED') throw cause;
    throw unreachable(target, "closed the connection during the gateway's login", cause);
  }
}

async function converse(connection: TargetConnection, target: Target, signal: AbortSignal): Promise<TargetLogin> {
  const { socket, tls } = connection;
  const reader = new MessageReader(socket, 'target', signal);
  const next = async (): Promise<Buffer> => {
    for (;;) {
      const raw = await reader.message(MAX_LOGIN_MESSAGE_BYTES);
      if (raw[0] === BACKEND.ErrorResponse) throw loginError(target, decodeErrorOrNotice(raw).fields);
      // A notice here is the server's to the gateway, about the gateway's own login.
      if (raw[0] !== BACKEND.NoticeResponse) return raw;
    }
  };
  const peer: SignInPeer = { tls, write: (data) => void socket.write(data), next: async () => nextRequest(next) };
  await signInAtTarget(peer, target);

  const parameters = new Map<string, string>();
  let backendKey: BackendKey | undefined;
  for (;;) {
    const raw = await next();
    if (raw[0] === BACKEND.ParameterStatus) {
      const { name, value } = decodeParameterStatus(raw);
      parameters.set(name, value);
    } else if (raw[0] === BACKEND.BackendKeyData) backendKey = decodeBackendKeyData(raw);
    else if (raw[0] === BACKEND.ReadyForQuery) return { socket, parameters, backendKey };
    else throw unexpected(raw);
  }
}

async function nextRequest(next: () => Promise<Buffer>): Promise<Authentication> {
  for (;;) {
    const raw = await next();
    if (raw[0] === BACKEND.Authentication) return decodeAuthentication(raw);
    if (raw[0] !== BACKEND.NegotiateProtocolVersion) throw unexpected(raw);
    const { version } = decodeNegotiateProtocolVersion(raw);
    if (version !== 0x30000 && version !== 0x30002)
      throw new ProtocolError('target', 'The target speaks no version of the protocol that this gateway speaks.');
  }
}

function unexpected(raw: Buffer): ProtocolError {
  return new ProtocolError(
    'target',
    `The target sent a message of type 0x${raw.toString('hex', 0, 1)} during the login, where none belongs.`,
  );
}

/** The target's own words stay in the cause, for the log: about the gateway's login they are not for clients. */
function loginError(target: Target, fields: ReadonlyMap<string, string>): GatewayError {
  const sqlState = fields.get('C') ?? 'XX000';
  const words = fields.get('M') ?? '';
  const cause = new Error(`${sqlState}: ${words}`);
  if (sqlState.startsWith('28') || sqlState === '42501') return refused(target, sqlState, cause);
  const code = sqlState.startsWith('22') ? 'ERR_ACCESS' : 'ERR_TARGET_UNREACHABLE';
  return new SqlStateError(code, sqlState, `The target ${target.name} did not open a session: ${words}.`, { cause });
}

/** Asks the target to cancel what a session of ours is doing there. Resolves when the target has read it, or in vain. */
export async function cancelAtTarget(target: Target, key: BackendKey): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_MS);
  try {
    const { socket } = await connectTarget(target, signal);
    socket.write(encodeCancelRequest(key));
    // The answer is the end of the connection.
    await new SocketReader(socket, 'target', signal).bytes(1).finally(() => socket.destroy());
  } catch {
    // Nobody waits for an answer: a cancel that does not arrive is one that came too late.
  }
}
