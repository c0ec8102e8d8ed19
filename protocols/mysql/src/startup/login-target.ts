import type { Duplex } from 'node:stream';
import { GatewayError, ProtocolError, reach, secureTarget, type Target, unreachable } from '@sallyport/core';
import { packets } from '../codec/bytes.ts';
import { CAPABILITY, SHARED, towardsTarget } from '../codec/capabilities.ts';
import { decodeGreeting, encodeHandshakeResponse, encodeSslRequest, type Greeting } from '../codec/handshake.ts';
import { decodeErr, decodeOk } from '../codec/responses.ts';
import { ErrnoError } from '../errors.ts';
import { PacketReader } from './packet-reader.ts';
import { type SignInPeer, signInAtTarget } from './target-sign-in.ts';

/** How long a login may take, whatever its caller's signal says. */
const LOGIN_MS = 15_000;
/** Nothing that a server says before it is ready is larger. */
const MAX_LOGIN_PACKET_BYTES = 64 * 1024;
const ERR = 0xff;

/** What a session wants of its target. */
export interface LoginWishes {
  /** What the client and the gateway agreed on. */
  readonly capabilities: number;
  readonly collation: number;
  readonly database: string | undefined;
}

/** A session at the target, idle. What the target sends next is still in the socket. */
export interface TargetLogin {
  readonly socket: Duplex;
  readonly greeting: Greeting;
  readonly status: number;
}

/**
 * Connects to a target, signs in with the gateway's credentials and waits until it is ready.
 *
 * @throws GatewayError ERR_TARGET_UNREACHABLE or ERR_TARGET_AUTH with a sentence for the client, or the signal's reason
 */
export async function loginTarget(target: Target, wishes: LoginWishes, signal: AbortSignal): Promise<TargetLogin> {
  const late = AbortSignal.timeout(LOGIN_MS);
  const both = AbortSignal.any([signal, late]);
  let socket: Duplex | undefined;
  try {
    socket = await reach(target, both);
    return await converse(socket, target, wishes, both, (secured) => {
      socket = secured;
    });
  } catch (cause) {
    socket?.destroy();
    signal.throwIfAborted();
    if (late.aborted) throw unreachable(target, `did not finish the gateway's login within ${LOGIN_MS / 1000} seconds`, cause);
    if (cause instanceof GatewayError && cause.code !== 'ERR_ENDED') throw cause;
    throw unreachable(target, "closed the connection during the gateway's login", cause);
  }
}

async function converse(
  plain: Duplex,
  target: Target,
  { capabilities, collation, database }: LoginWishes,
  signal: AbortSignal,
  onSecured: (socket: Duplex) => void,
): Promise<TargetLogin> {
  const greeting = await readGreeting(new PacketReader(plain, 'target', signal), target);
  const missing = capabilities & SHARED & ~greeting.capabilities;
  if (missing !== 0) throw unreachable(target, 'is not the server that it was when you connected: connect again');
  const tls = target.tls.mode !== 'disable';
  const wanted = towardsTarget(capabilities, greeting.capabilities, tls, database !== undefined);
  const socket = tls ? await secured(plain, target, { greeting, wanted, collation }, signal) : plain;
  onSecured(socket);

  const reader = new PacketReader(socket, 'target', signal);
  let sequence = tls ? 2 : 1;
  const peer: SignInPeer = {
    secure: tls,
    write(payload) {
      socket.write(packets(payload, sequence));
    },
    async next() {
      const packet = await reader.packet(MAX_LOGIN_PACKET_BYTES);
      sequence = packet.sequence + 1;
      return packet.payload;
    },
  };
  const first = (plugin: string, proof: Buffer): Buffer =>
    encodeHandshakeResponse({
      capabilities: wanted,
      collation,
      user: target.credentials.username,
      proof,
      plugin,
      ...(database !== undefined && { database }),
      attributes: new Map([['program_name', 'sallyport']]),
    });
  const ok = await signInAtTarget(peer, target, greeting, first);
  return { socket, greeting, status: decodeOk(ok, wanted).status };
}

async function readGreeting(reader: PacketReader, target: Target): Promise<Greeting> {
  const { payload } = await reader.packet(MAX_LOGIN_PACKET_BYTES);
  if (payload[0] !== ERR) return decodeGreeting(payload);
  const err = decodeErr(payload);
  throw new ErrnoError('ERR_TARGET_UNREACHABLE', err, `The target ${target.name} takes no connection: ${err.message}.`);
}

async function secured(
  plain: Duplex,
  target: Target,
  { greeting, wanted, collation }: { readonly greeting: Greeting; readonly wanted: number; readonly collation: number },
  signal: AbortSignal,
): Promise<Duplex> {
  if ((greeting.capabilities & CAPABILITY.SSL) === 0)
    throw unreachable(target, 'does not offer TLS: turn it on there, or set its "tls" to disable');
  if (plain.readableLength > 0) throw new ProtocolError('target', 'The target sent unencrypted bytes behind its greeting.');
  plain.write(packets(encodeSslRequest(wanted, collation), 1));
  return secureTarget(plain, target, signal);
}
