import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { dirname, join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { startLanguageModel } from '../../packages/cli/src/demo/language-model/language-model.ts';
import { startHttpGateway } from '../../test-fixtures/servers/http-gateway.ts';
import { type Client, clientFile, nodeClient } from './clients.ts';
import { startHttpTarget } from './http-target.ts';
import { type Route, type Tally, tryAll } from './trial.ts';

/** Those that come through the forward proxy, in the order of the table. */
export const FORWARD_CLIENTS: readonly Client[] = [
  { name: 'forward-curl', needs: ['curl'], command: ['sh', clientFile('http', 'forward-curl.sh')] },
  { name: 'forward-git', needs: ['git'], command: ['sh', clientFile('http', 'forward-git.sh')] },
  {
    name: 'forward-git-lfs',
    needs: ['git', 'git-lfs'],
    command: ['sh', clientFile('http', 'git-lfs.sh')],
    unable: {
      title: 'Forward proxy',
      routes: 'direct',
      why: 'its server names itself as the proxy alone resolves it; the table of HTTP has it directly',
    },
  },
  { name: 'forward-gh', needs: ['gh'], command: ['sh', clientFile('http', 'gh.sh')] },
  nodeClient('fetch', 'forward-fetch'),
  nodeClient('openai', 'forward-openai'),
  nodeClient('anthropic', 'forward-anthropic'),
  {
    ...nodeClient('browser', 'forward-browser'),
    needs: ['npm', 'chromium', 'certutil'],
    unable: {
      title: 'Forward proxy',
      routes: 'direct',
      why: "the servers' own CA is not in Chromium's store; the table of HTTP has it directly",
    },
  },
];

const MASKING = [{ name: 'personal data and keys', detect: ['email', 'card', 'aws-key'], method: 'redact' }];
const RULES = [
  { name: 'the tester may do all', match: { class: ['admin', 'ddl', 'unknown'] }, action: 'allow' },
  { name: 'not so', match: { query: ['forbidden=1'] }, action: 'deny', message: 'ask the platform team' },
];
const KEY = 'target-secret';
const CERTIFICATES = fileURLToPath(new URL('../../test-fixtures/certificates/', import.meta.url));

/** Servers with TLS, asked directly, through a gateway that is a forward proxy, and through one that masks. */
export async function tryForward(names: readonly string[], directOnly: boolean): Promise<Tally> {
  const clients = FORWARD_CLIENTS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (clients.length === 0) return { passed: 0, failed: 0 };
  await using stack = new AsyncDisposableStack();
  const target = await startHttpTarget(KEY, 'https');
  stack.defer(() => target.stop());
  const model = await startLanguageModel({ key: KEY });
  stack.defer(() => model.stop());
  const servers = [startTls(target.http), startTls(model.port)];
  for (const server of servers) stack.defer(() => void server.close());
  const [web = 0, llm = 0] = await Promise.all(servers.map(portOf));
  const route = (name: string, proxy: string, key: string, ca: string, masked: boolean): Route => ({
    name,
    env: {
      ...{ HTTP_URL: `https://localhost:${web}`, HTTPS_HOST: `localhost:${web}`, HTTP_TOKEN: key, HTTP_CA: ca },
      ...{ LLM_URL: `https://localhost:${llm}`, LLM_TOKEN: key, NODE_EXTRA_CA_CERTS: ca, NODE_USE_ENV_PROXY: '1' },
      ...{ HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: '', no_proxy: '' },
      ...{ HTTP_MASKED: masked ? '1' : '0', LLM_MASKED: masked ? '1' : '0' },
    },
    masked,
  });
  const ca = join(CERTIFICATES, 'ca.pem');
  const routes = [route('direct', '', KEY, ca, false)];
  for (const masked of directOnly ? [] : [false, true]) {
    const listed = {
      address: `localhost:${web}`,
      hosts: [`localhost:${llm}`],
      forward: true,
      tls: 'verify-full',
      ca,
      github: true,
      llm: true,
    };
    const gateway = await startHttpGateway({ target: listed, rules: RULES, masking: masked ? MASKING : [] });
    stack.defer(() => gateway.stop());
    const proxy = `http://tester:${gateway.token}@127.0.0.1:${gateway.port}`;
    const forwardCa = join(dirname(gateway.caFile), 'forward-ca.pem');
    routes.push(route(masked ? 'masked' : 'gateway', proxy, 'not-the-key', forwardCa, masked));
  }
  return await tryAll({ title: 'Forward proxy', clients, routes, reset: () => Promise.resolve(), notWithMasks: new Map() });
}

/** TLS for localhost before a server without it. */
function startTls(port: number): Server {
  const read = (name: string): Buffer => readFileSync(join(CERTIFICATES, name));
  const server = createServer({ cert: read('localhost.pem'), key: read('localhost.key') }, (client) => {
    const plain = connect(port, '127.0.0.1');
    client.pipe(plain).pipe(client);
    client.on('error', () => plain.destroy()).on('close', () => plain.destroy());
    plain.on('error', () => client.destroy());
  });
  return server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
