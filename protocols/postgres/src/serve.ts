import type { Duplex } from 'node:stream';
import { GatewayError, type Host, pump, type SessionEnd } from '@sallyport/core';
import type { Catalogues } from './catalogue/catalogues.ts';
import type { Classifier } from './classify/classifier.ts';
import { backendDecoder, frontendDecoder } from './codec/decoder.ts';
import { farewell } from './errors.ts';
import { createRelay } from './relay/relay.ts';
import { type AcceptedClient, acceptClient } from './startup/accept-client.ts';
import type { CancelRegistry } from './startup/cancel-registry.ts';
import { cancelAtTarget, loginTarget, type TargetLogin } from './startup/login-target.ts';

/** What the sessions of all targets share. */
export interface Shared {
  readonly classifier: Classifier;
  readonly catalogues: Catalogues;
  readonly registry: CancelRegistry;
}

/** One client connection from its first byte to its seal. Never rejects for what a client did. */
export async function serve(client: Duplex, host: Host, shared: Shared): Promise<void> {
  const accepted = await acceptClient(client, host, { registry: shared.registry });
  if (accepted === undefined) return;
  await accepted.session.end(await session(accepted, shared));
}

async function session(accepted: AcceptedClient, shared: Shared): Promise<SessionEnd> {
  const { session: gate, database, parameters, minor } = accepted;
  try {
    const login = await loginTarget(gate.target, database, parameters, gate.signal, minor);
    return await converse(accepted, login, shared);
  } catch (cause) {
    const error = asGatewayError(cause);
    accepted.refuse(error);
    return { error, clientBytes: 0, targetBytes: 0, clientFrames: 0, targetFrames: 0, opaqueBytes: 0 };
  }
}

async function converse(accepted: AcceptedClient, login: TargetLogin, { classifier, catalogues, registry }: Shared): Promise<SessionEnd> {
  const { session: gate, database, minor, socket } = accepted;
  const { target } = gate;
  const catalogue = {
    current: () => catalogues.current(target, database),
    get: () => catalogues.get(target, database),
    invalidate: () => catalogues.invalidate(target, database),
  };
  const relay = createRelay({ gate, classifier, catalogue, database, parameters: login.parameters });
  const cancelTarget = async (): Promise<void> => {
    if (login.backendKey !== undefined) await cancelAtTarget(target, login.backendKey);
  };
  const registration = registry.register(
    { busy: relay.busy, cancelHold: relay.cancelHold, cancelTarget },
    minor,
    login.backendKey?.processId,
  );
  try {
    socket.write(accepted.welcome(login.parameters, registration.key));
    return await pump({
      client: socket,
      target: login.socket,
      targetName: target.name,
      clientDecoder: frontendDecoder(),
      targetDecoder: backendDecoder({ rowRuns: true }),
      relay,
      gate,
      recycle: true,
      signal: gate.signal,
      farewell,
      stopTarget: async () => {
        if (relay.busy()) await cancelTarget();
      },
    });
  } finally {
    registration.release();
    relay.ended();
  }
}

function asGatewayError(cause: unknown): GatewayError {
  return cause instanceof GatewayError
    ? cause
    : new GatewayError('ERR_PROTOCOL', 'The session met an internal error and was closed.', { cause });
}
