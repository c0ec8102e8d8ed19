import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { serveSite, type TestSite } from './site.ts';

/** A request as the target got it. */
interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A served configuration with a small HTTP API behind it. */
export interface HttpSite extends TestSite {
  readonly received: readonly Received[];
  /** The newest session, once it has ended. */
  lastSession(): Promise<string>;
}

/** The key that the target wants, and no client has. */
export const API_KEY = 'api-key-of-the-shop';

const RULES = `rules:
  - { name: no deletes, match: { verb: [DELETE] }, action: deny, message: ask the owner }
  - { name: changes are asked for, match: { verb: [PUT] }, action: hold, approval: { groups: [leads], timeout: 1m } }
masking:
  - { name: secrets, detect: [email], method: redact }`;

export async function startHttpSite(): Promise<HttpSite> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-http-'));
  const received: Received[] = [];
  const server = createServer((request, response) => void answer(request, response, received));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [port, adminPort] = [await freePort(), await freePort()];
  const text = configuration((server.address() as AddressInfo).port, port, adminPort);
  const stopTarget = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const site = await serveSite({ folder, text, port, adminPort, env: { SHOP_KEY: API_KEY }, stopTarget });
  return {
    ...site,
    received,
    async lastSession() {
      for (;;) {
        const [last] = JSON.parse((await site.run(['sessions', 'list', '--json', '--limit', '1'])).stdout) as {
          id: string;
          state: string;
        }[];
        if (last !== undefined && last.state !== 'live') return last.id;
      }
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, received: Received[]): Promise<void> {
  const { method = '', url = '', headers } = request;
  received.push({ method, url, headers, body: await buffer(request) });
  if (headers.authorization !== `Bearer ${API_KEY}`) response.writeHead(401).end('who are you?\n');
  else if (url === '/missing') response.writeHead(404, { 'content-type': 'text/plain' }).end('there is no such thing\n');
  else if (url === '/large') response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.alloc(3 << 20, 7));
  else response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":12345678901234567890,"email":"ann@example.com"}');
}

function configuration(target: number, port: number, admin: number): string {
  return `data_dir: ./data
admin: { listen: 127.0.0.1:${admin} }
identity:
  users:
    alice: { groups: [developers] }
    dana: { groups: [leads] }
targets:
  shop-api:
    protocol: http
    listen: 127.0.0.1:${port}
    address: 127.0.0.1:${target}
    tls: disable
    credentials: { token: "\${env:SHOP_KEY}" }
    hold_seconds: 1
access:
  - { groups: [developers], targets: ["*"] }
${RULES}
recording: { durability: fast }
`;
}
