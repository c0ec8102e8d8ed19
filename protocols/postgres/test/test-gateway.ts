import type { Protocol, Target } from '@sallyport/core';
import { type TestGate, type TestListener, type TestRules, testListener } from '@sallyport/core/testing';
import { postgres } from '../src/index.ts';
import { testGate } from './playbook-kit.ts';
import { testHost } from './test-host.ts';

/** A PostgreSQL listener whose gate does what the test says. */
export interface TestGateway extends TestListener {
  readonly gate: TestGate;
  readonly protocol: Protocol;
}

export const TOKEN = 'sp_alice';

/** Serves `target` to alice, whose token is {@link TOKEN}. */
export async function startTestGateway(target: Target, rules: TestRules = {}): Promise<TestGateway> {
  const [protocol, gate] = [postgres(), testGate(rules)];
  const { host } = testHost([target], { alice: [TOKEN] }, AbortSignal.timeout(600_000));
  return { ...(await testListener(protocol, target, gate, host)), gate, protocol };
}
