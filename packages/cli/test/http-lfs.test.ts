import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { lastEvents } from './http-git-site.ts';
import { serveSite, type TestSite } from './site.ts';
import { runProgram } from './ssh-site.ts';

const HUB_TOKEN = 'hub_0123456789abcdef';

let site: TestSite;
let hub: Hub;
let token: string;

beforeAll(async () => {
  hub = await startHub();
  const [folder, port, adminPort] = [await mkdtemp(join(tmpdir(), 'sallyport-http-hub-')), await freePort(), await freePort()];
  const text = configuration(port, adminPort, hub.port);
  site = await serveSite({ folder, text, port, adminPort, env: { HUB_TOKEN }, stopTarget: async () => hub.stop() });
  token = await site.token('alice');
});

afterAll(() => site?.stop());

test('a token of a hub goes to it as a password, and a batch of Git LFS leads through the gateway or past it, knowingly', async () => {
  const address = `http://127.0.0.1:${site.port}/acme/shop.git`;
  expect(await runProgram('git', ['ls-remote', address.replace('//', `//x-access-token:${token}@`)])).toMatchObject({ code: 128 });
  const batch = JSON.stringify({ operation: 'upload', ref: { name: 'refs/heads/main' }, objects: [{ oid: 'a1', size: 3 }] });
  const fields = ['-H', `Authorization: Bearer ${token}`, '-H', 'Content-Type: application/vnd.git-lfs+json'];
  const { stdout } = await runProgram('curl', ['-s', '--data-binary', batch, ...fields, `${address}/info/lfs/objects/batch`]);
  expect(JSON.parse(stdout)).toMatchObject({
    objects: [
      {
        actions: {
          upload: { href: 'https://store.example/a1?signature=5ecret', header: { Authorization: 'RemoteAuth 5ecret' } },
          verify: { href: `http://127.0.0.1:${site.port}/verify`, header: {} },
        },
      },
    ],
  });
  const basic = Buffer.from(`x-access-token:${HUB_TOKEN}`).toString('base64');
  expect(hub.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ['/acme/shop.git/info/refs?service=git-upload-pack', `Basic ${basic}`],
    ['/acme/shop.git/info/lfs/objects/batch', `Basic ${basic}`],
  ]);
  const all = await lastEvents(site);
  expect(all.find(({ type }) => type === 'command')).toMatchObject({
    verb: 'POST LFS UPLOAD',
    class: ['write'],
    text: 'POST /acme/shop.git/info/lfs/objects/batch: upload 1 object, 3 bytes',
    objects: { repository: ['acme/shop'], refs: ['refs/heads/main'] },
  });
  expect(all).toContainEqual(expect.objectContaining({ type: 'lfs-direct', hosts: ['store.example'] }));
  const { stdout: replay } = await site.run(['replay', 'last']);
  expect(replay).toContain('https://store.example/a1?[removed]');
  expect(replay).not.toMatch(new RegExp(`5ecret|${HUB_TOKEN}|${token}`));
});

interface Hub {
  readonly port: number;
  /** What it was asked. */
  readonly seen: readonly Pick<IncomingMessage, 'url' | 'headers'>[];
  stop(): void;
}

/** Has no repository, but large files in a store of somebody else's; it repeats what it was signed in with. */
async function startHub(): Promise<Hub> {
  const seen: IncomingMessage[] = [];
  const hubServer = createServer((request, response) => {
    request.resume();
    seen.push(request);
    if (request.method === 'GET') return void response.writeHead(404).end();
    const echo = { Authorization: request.headers.authorization };
    const upload = {
      href: 'https://store.example/a1?signature=5ecret',
      header: { Authorization: 'RemoteAuth 5ecret', Echo: echo.Authorization },
    };
    const verify = { href: `http://${request.headers.host}/verify`, header: echo };
    const objects = [{ oid: 'a1', size: 3, actions: { upload, verify } }];
    response.setHeader('content-type', 'application/vnd.git-lfs+json');
    response.end(JSON.stringify({ objects }));
  });
  hubServer.listen(0, '127.0.0.1');
  await once(hubServer, 'listening');
  const stop = (): void => void hubServer.close(() => undefined).closeAllConnections();
  return { port: (hubServer.address() as AddressInfo).port, seen, stop };
}

function configuration(port: number, adminPort: number, hubPort: number): string {
  return `data_dir: ./data
admin: { listen: 127.0.0.1:${adminPort} }
identity: { users: { alice: { groups: [developers] } } }
targets:
  hub:
    protocol: http
    listen: 127.0.0.1:${port}
    address: 127.0.0.1:${hubPort}
    tls: disable
    credentials: { token: "\${env:HUB_TOKEN}" }
access:
  - { groups: [developers], targets: ["*"] }
recording: { durability: fast }
`;
}
