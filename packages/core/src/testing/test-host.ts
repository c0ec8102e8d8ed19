import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GatewayError } from '../errors.ts';
import type { FactStore, Host, ScramMaterial, Session, SignIn, Target } from '../protocol.ts';

const file = (name: string): URL => new URL(`../../../../test-fixtures/certificates/${name}`, import.meta.url);

/** What the certificate of a {@link testHost} chains to. */
export const CA_FILE: string = file('ca.pem').pathname;
const CERTIFICATE = readFileSync(file('localhost.pem'), 'utf8');
const TLS: Host['tls'] = {
  context: { cert: CERTIFICATE, key: readFileSync(file('localhost.key'), 'utf8') },
  hash: createHash('sha256').update(new X509Certificate(CERTIFICATE).raw).digest(),
};

/** What happened at a {@link testHost}. */
export interface HostRecord {
  readonly refused: [string, string][];
  readonly admitted: SignIn[];
  readonly log: string[];
}

export interface TestHostOptions {
  readonly targets: readonly Target[];
  /** Users by name, with their tokens. */
  readonly users: Readonly<Record<string, readonly string[]>>;
  /** What a protocol checks tokens with that are not sent as they are. Default: none is known. */
  readonly material?: (user: string, tokens: readonly string[]) => Pick<ScramMaterial, 'salt' | 'iterations' | 'keys'>;
  /** Default: aborts after 30 s. */
  readonly signal?: AbortSignal;
  /** Called for each sign-in that is good; the session is there when it resolves. */
  readonly admission?: (signIn: SignIn) => Promise<void>;
}

/** A host that knows users by name, with their tokens, and opens sessions that record nothing. */
export function testHost(options: TestHostOptions): { readonly host: Host; readonly record: HostRecord } {
  const { targets, users, material = noMaterial, signal = AbortSignal.timeout(30_000), admission } = options;
  const record: HostRecord = { refused: [], admitted: [], log: [] };
  const host: Host = {
    targets,
    client: '127.0.0.1:1',
    signal,
    tls: TLS,
    scram: (user) => Promise.resolve({ ...material(user, users[user] ?? []), vouched: false }),
    sshHostKeys: () => Promise.resolve([]),
    forwardCertificate: () => Promise.resolve({}),
    isOwnAddress: () => false,
    provable: (_user, key) => key,
    targetAt: () => undefined,
    refused: (user, why) => void record.refused.push([user, why]),
    admit: async (signIn) => {
      const { user, proof } = signIn;
      if (proof.method === 'password' && !users[user]?.includes(proof.secret)) throw new GatewayError('ERR_LOGIN', 'The token is wrong.');
      await admission?.(signIn);
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

function noMaterial(user: string): Pick<ScramMaterial, 'salt' | 'iterations' | 'keys'> {
  return { salt: Buffer.from(user), iterations: 1, keys: [] };
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
