import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type FactStore, GatewayError, type Host, type ScramMaterial, type Session, type SignIn, type Target } from '@sallyport/core';
import { doubleSha1 } from '../src/startup/proofs.ts';

const pem = (name: string): string => readFileSync(new URL(`../../../test-fixtures/certificates/${name}`, import.meta.url), 'utf8');

export const CA_FILE: string = new URL('../../../test-fixtures/certificates/ca.pem', import.meta.url).pathname;
const CERTIFICATE = pem('localhost.pem');
const TLS: Host['tls'] = {
  context: { cert: CERTIFICATE, key: pem('localhost.key') },
  hash: createHash('sha256').update(new X509Certificate(CERTIFICATE).raw).digest(),
};

/** What happened at a {@link testHost}. */
export interface HostRecord {
  readonly refused: [string, string][];
  readonly admitted: SignIn[];
  readonly log: string[];
}

/** A host that knows users by name, with their tokens, and opens sessions that record nothing. */
export function testHost(
  targets: readonly Target[],
  users: Readonly<Record<string, readonly string[]>>,
  signal: AbortSignal = AbortSignal.timeout(30_000),
  admission: (signIn: SignIn) => Promise<void> = () => Promise.resolve(),
): { readonly host: Host; readonly record: HostRecord } {
  const record: HostRecord = { refused: [], admitted: [], log: [] };
  const host: Host = {
    targets,
    client: '127.0.0.1:1',
    signal,
    tls: TLS,
    scram: (user) => Promise.resolve(materialOf(user, users[user] ?? [])),
    sshHostKeys: () => Promise.resolve([]),
    forwardCertificate: () => Promise.resolve({}),
    isOwnAddress: () => false,
    provable: (_user, key) => key,
    targetAt: () => undefined,
    refused: (user, why) => void record.refused.push([user, why]),
    admit: async (signIn) => {
      const { user, proof } = signIn;
      if (proof.method === 'password' && !users[user]?.includes(proof.secret)) throw new GatewayError('ERR_LOGIN', 'The token is wrong.');
      await admission(signIn);
      record.admitted.push(signIn);
      return sessionOf(signIn);
    },
    facts: {} as FactStore,
    scratch: '/nonexistent',
    open: () => Promise.reject(new Error('unused')),
    log: (_level, message) => void record.log.push(message),
  };
  return { host, record };
}

function materialOf(user: string, tokens: readonly string[]): ScramMaterial {
  const unused = { storedKey: Buffer.alloc(32), serverKey: Buffer.alloc(32) };
  const keys = tokens.map((token) => ({ token: `id of ${token}`, ...unused, sha1sha1: doubleSha1(token) }));
  return { salt: Buffer.from(user), iterations: 1, keys, vouched: false };
}

function sessionOf({ user, target }: SignIn): Session {
  const session: Partial<Session> = {
    id: randomBytes(4).toString('hex'),
    identity: { name: user, kind: 'person', groups: [] },
    target,
    signal: new AbortController().signal,
    end: () => Promise.resolve(),
  };
  return session as Session;
}
