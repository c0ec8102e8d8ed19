import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { GatewayError } from '../errors.ts';
import type { SessionEnd } from '../gate.ts';
import type { Host, Protocol, Session, Target } from '../protocol.ts';
import type { TestGate } from './test-gate.ts';

/** A listener of one protocol before one target, whose sessions all have one gate. */
export interface TestListener {
  readonly port: number;
  readonly ends: SessionEnd[];
  /** Ends the sessions that are open, as a revocation does. */
  end(reason: GatewayError): void;
  close(): Promise<void>;
}

/** Serves on a free port of 127.0.0.1. @param host who may sign in. */
export async function testListener(protocol: Protocol, target: Target, gate: TestGate, host: Host): Promise<TestListener> {
  const ends: SessionEnd[] = [];
  const facts = new Map<string, Map<string, string>>();
  const served = new Set<Promise<void>>();
  let ended = new AbortController();
  const admit: Host['admit'] = async (signIn) => {
    const { id, identity } = await host.admit(signIn);
    const end = (how: SessionEnd): Promise<void> => {
      ends.push(how);
      return Promise.resolve();
    };
    return Object.assign(Object.create(gate) as TestGate, { id, identity, target, signal: ended.signal, end }) satisfies Session;
  };
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const done = protocol.serve(socket, { ...host, facts: factsIn(facts), admit }).finally(() => served.delete(done));
    served.add(done);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    ends,
    end(reason) {
      ended.abort(reason);
      ended = new AbortController();
    },
    async close() {
      server.close();
      ended.abort();
      await Promise.all(served);
      await protocol.close();
    },
  };
}

function factsIn(facts: Map<string, Map<string, string>>): Host['facts'] {
  return {
    load: (scope) => Promise.resolve(facts.get(scope) ?? new Map<string, string>()),
    save: (scope, key, value) => {
      facts.set(scope, (facts.get(scope) ?? new Map<string, string>()).set(key, value));
      return Promise.resolve();
    },
  };
}
