import { createHash } from 'node:crypto';
import { clientKey, hiSync, type ScramMaterial, type SignIn, serverKey, storedKey, type Target } from '@sallyport/core';
import { testHost as anyHost } from '@sallyport/core/testing';

const ITERATIONS = 4096;

/** A host whose users sign in by SCRAM, or as the test says. */
export function testHost(
  targets: readonly Target[],
  users: Readonly<Record<string, readonly string[]>>,
  signal?: AbortSignal,
  admission?: (signIn: SignIn) => Promise<void>,
): ReturnType<typeof anyHost> {
  return anyHost({ targets, users, material: scram, ...(signal && { signal }), ...(admission && { admission }) });
}

function scram(user: string, tokens: readonly string[]): Pick<ScramMaterial, 'salt' | 'iterations' | 'keys'> {
  const salt = createHash('sha256').update(`salt of ${user}`).digest().subarray(0, 16);
  const keys = tokens.map((token) => {
    const salted = hiSync(token, salt, ITERATIONS);
    return { token, storedKey: storedKey(clientKey(salted)), serverKey: serverKey(salted), sha1sha1: Buffer.alloc(20) };
  });
  return { salt, iterations: ITERATIONS, keys };
}
