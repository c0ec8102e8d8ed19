import type { Protocol, ScramMaterial, Target } from '@sallyport/core';
import { type TestGate, type TestListener, type TestRules, testHost, testListener } from '@sallyport/core/testing';
import { mysql } from '../src/index.ts';
import { doubleSha1 } from '../src/startup/proofs.ts';
import { testGate } from './playbook-kit.ts';

/** A MySQL listener whose gate does what the test says. */
export interface TestGateway extends TestListener {
  readonly gate: TestGate;
  readonly protocol: Protocol;
}

export const TOKEN = 'sp_alice';

/** Serves `target` to alice, whose token is {@link TOKEN}. */
export async function startTestGateway(target: Target, rules: TestRules = {}): Promise<TestGateway> {
  const [protocol, gate] = [mysql(), testGate(rules)];
  const users = { alice: [TOKEN] };
  const { host } = testHost({ targets: [target], users, material: native, signal: AbortSignal.timeout(600_000) });
  return { ...(await testListener(protocol, target, gate, host)), gate, protocol };
}

/** For mysql_native_password. */
function native(user: string, tokens: readonly string[]): Pick<ScramMaterial, 'salt' | 'iterations' | 'keys'> {
  const unused = { storedKey: Buffer.alloc(32), serverKey: Buffer.alloc(32) };
  return {
    salt: Buffer.from(user),
    iterations: 1,
    keys: tokens.map((token) => ({ token: `id of ${token}`, ...unused, sha1sha1: doubleSha1(token) })),
  };
}
