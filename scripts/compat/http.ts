import { fileURLToPath } from 'node:url';
import { startHttpGateway } from '../../test-fixtures/servers/http-gateway.ts';
import { type Client, clientFile, nodeClient } from './clients.ts';
import { startHttpTarget } from './http-target.ts';
import { type Route, type Tally, tryAll } from './trial.ts';

/** Those of HTTP, in the order of the table. */
export const HTTP_CLIENTS: readonly Client[] = [
  { name: 'curl', needs: ['curl', 'sha256sum'], command: ['sh', clientFile('http', 'curl.sh')] },
  { name: 'gh', needs: ['gh'], command: ['sh', clientFile('http', 'gh.sh')] },
  { name: 'git-lfs', needs: ['git', 'git-lfs'], command: ['sh', clientFile('http', 'git-lfs.sh')] },
  nodeClient('ws'),
  nodeClient('autocannon'),
  { ...nodeClient('browser'), needs: ['npm', 'chromium'] },
];

const MASKING = [{ name: 'personal data', detect: ['email'], method: 'redact' }];
const RULES = [{ name: 'the tester merges', match: { class: ['admin', 'unknown'] }, action: 'allow' }];
const KEY = 'target-secret';
const TARGET_CA = fileURLToPath(new URL('../../test-fixtures/certificates/ca.pem', import.meta.url));

/** Clients of HTTP: directly, through a gateway, and through one that masks. */
export async function tryHttp({
  names,
  directOnly,
  megabytes,
}: {
  names: readonly string[];
  directOnly: boolean;
  megabytes: number;
}): Promise<Tally> {
  const clients = HTTP_CLIENTS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (clients.length === 0) return { passed: 0, failed: 0 };
  await using stack = new AsyncDisposableStack();
  const target = await startHttpTarget(KEY);
  stack.defer(() => target.stop());
  const route = (name: string, http: number, https: number, token: string, ca: string, masked: boolean): Route => ({
    name,
    env: {
      ...{ HTTP_URL: `http://127.0.0.1:${http}`, HTTPS_HOST: `localhost:${https}`, HTTP_TOKEN: token, HTTP_CA: ca },
      ...{ HTTP_MASKED: masked ? '1' : '0', HTTP_MEGABYTES: String(megabytes) },
    },
    masked,
  });
  const routes = [route('direct', target.http, target.https, KEY, TARGET_CA, false)];
  for (const masked of directOnly ? [] : [false, true]) {
    const gateway = await startHttpGateway({
      target: { address: `127.0.0.1:${target.http}`, github: true },
      rules: RULES,
      masking: masked ? MASKING : [],
    });
    stack.defer(() => gateway.stop());
    routes.push(route(masked ? 'masked' : 'gateway', gateway.port, gateway.port, gateway.token, gateway.caFile, masked));
  }
  return await tryAll({ title: 'HTTP', clients, routes, reset: () => Promise.resolve(), notWithMasks: new Map() });
}
