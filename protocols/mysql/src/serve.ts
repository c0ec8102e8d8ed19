import type { Duplex } from 'node:stream';
import { GatewayError, type Host, pump, type SessionEnd, type Target } from '@sallyport/core';
import { analyse } from './classify/classifier.ts';
import { packets } from './codec/bytes.ts';
import { packetDecoder } from './codec/decoder.ts';
import { encodeSslRequest } from './codec/handshake.ts';
import { farewell } from './errors.ts';
import { versionOf } from './family.ts';
import { createRelay, type MysqlRelay } from './relay/relay.ts';
import type { Schemas } from './schema/schemas.ts';
import { type AcceptedClient, acceptClient } from './startup/accept-client.ts';
import type { SignInKey } from './startup/client-sign-in.ts';
import { loginTarget, type TargetLogin } from './startup/login-target.ts';
import { openDatabases } from './startup/open-databases.ts';
import { openOwnConnection } from './startup/own-connection.ts';
import type { SessionRegistry } from './startup/session-registry.ts';
import { mysqlOptions } from './startup/target-options.ts';
import type { TargetProfiles } from './startup/target-profile.ts';

/** How long the target may take to take a KILL. */
const KILL_MS = 5_000;

/** What the sessions of all targets share. */
export interface Shared {
  readonly registry: SessionRegistry;
  readonly profiles: TargetProfiles;
  readonly key: SignInKey;
  readonly schemas: Schemas;
}

/** One client connection from its first byte to its seal. Never rejects for what a client did. */
export async function serve(client: Duplex, host: Host, shared: Shared): Promise<void> {
  const accepted = await acceptClient(client, host, { ...shared, threadId: () => shared.registry.mint() });
  if (accepted === undefined) return;
  await accepted.session.end(await session(accepted, host, shared));
}

async function session(accepted: AcceptedClient, host: Host, shared: Shared): Promise<SessionEnd> {
  const { session: gate } = accepted;
  try {
    const login = await loginTarget(gate.target, accepted, gate.signal);
    shared.profiles.learn(gate.target, login.greeting);
    return await converse(accepted, login, host, shared);
  } catch (cause) {
    const error = asGatewayError(cause);
    accepted.refuse(error);
    return { error, clientBytes: 0, targetBytes: 0, clientFrames: 0, targetFrames: 0, opaqueBytes: 0 };
  }
}

async function converse(accepted: AcceptedClient, login: TargetLogin, host: Host, { registry, schemas }: Shared): Promise<SessionEnd> {
  const { session: gate, socket, user, sha1sha1, terms, capabilities } = accepted;
  const { target } = gate;
  const self = { identity: gate.identity.name, target: target.name };
  const { functions = [] } = mysqlOptions(target);
  const relay = createRelay({
    gate,
    analyse,
    schema: schemas.of(target),
    databases: openDatabases(target),
    capabilities,
    status: login.status,
    parser: { ...versionOf(login.greeting.serverVersion), functions: new Set(functions.map((name) => name.toLowerCase())) },
    holder: { user, sha1sha1, terms, refused: (why) => host.refused(user, why) },
    findSession: (id) => registry.find(id, self),
  });
  const release = registry.register(accepted.threadId, {
    ...self,
    threadId: login.greeting.threadId,
    busy: relay.busy,
    cancelHold: relay.cancelHold,
  });
  try {
    gate.record('client', packets(encodeSslRequest(capabilities, accepted.collation), 0)); // what the answers are read by
    accepted.welcome(login.status);
    return await pump({
      client: socket,
      target: login.socket,
      clientDecoder: packetDecoder('client'),
      targetDecoder: packetDecoder('target', { runs: true }),
      relay: accepted.cancelsByLeaving ? cancelledByLeaving(relay, () => killAtTarget(target, login.greeting.threadId)) : relay,
      gate,
      recycle: true,
      targetName: target.name,
      signal: gate.signal,
      farewell: (error) => farewell(error, relay.sequence()),
      stopTarget: async () => {
        if (relay.busy()) await killAtTarget(target, login.greeting.threadId);
      },
    });
  } finally {
    release();
    relay.ended();
  }
}

/** What the client had asked for ends at the target when the client leaves, and what waits behind it does not begin. */
function cancelledByLeaving(relay: MysqlRelay, kill: () => Promise<void>): MysqlRelay {
  let killed = false;
  return {
    ...relay,
    clientGone() {
      const busy = relay.busy();
      relay.clientGone();
      if (!busy || killed) return;
      killed = true;
      relay.over?.();
      void kill();
    },
  };
}

/** Ends what a session of ours is doing at the target. Nobody waits for an answer: one that does not arrive came too late. */
async function killAtTarget(target: Target, threadId: number): Promise<void> {
  try {
    const connection = await openOwnConnection(target, AbortSignal.timeout(KILL_MS));
    await connection.query(`KILL ${threadId}`).finally(() => connection.close());
  } catch {
    // The server will notice by itself that the connection is gone.
  }
}

function asGatewayError(cause: unknown): GatewayError {
  return cause instanceof GatewayError
    ? cause
    : new GatewayError('ERR_PROTOCOL', 'The session met an internal error and was closed.', { cause });
}
