import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Protocol, Session, SessionEnd, Target } from '@sallyport/core';
import { mysql } from '../src/index.ts';
import { type TestGate, type TestRules, testGate } from './test-gate.ts';
import { testHost } from './test-host.ts';

/** A MySQL listener whose gate does what the test says; one gate for all its sessions. */
export interface TestGateway {
  readonly port: number;
  readonly gate: TestGate;
  readonly protocol: Protocol;
  readonly ends: SessionEnd[];
  close(): Promise<void>;
}

export const TOKEN = 'sp_alice';

/** Serves `target` on a free port of 127.0.0.1 to alice, whose token is {@link TOKEN}. */
export async function startTestGateway(target: Target, rules: TestRules = {}): Promise<TestGateway> {
  const protocol = mysql();
  const gate = testGate(rules);
  const ends: SessionEnd[] = [];
  const { host } = testHost([target], { alice: [TOKEN] }, AbortSignal.timeout(600_000));
  const served = new Set<Promise<void>>();
  const ended = new AbortController();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const done = protocol
      .serve(socket, {
        ...host,
        admit: async (signIn) => {
          const { id, identity } = await host.admit(signIn);
          const session: Session = Object.assign(Object.create(gate) as TestGate, {
            id,
            identity,
            target,
            signal: ended.signal,
            end: (end: SessionEnd) => {
              ends.push(end);
              return Promise.resolve();
            },
          });
          return session;
        },
      })
      .finally(() => served.delete(done));
    served.add(done);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    gate,
    protocol,
    ends,
    async close() {
      server.close();
      ended.abort();
      await Promise.all(served);
      await protocol.close();
    },
  };
}
