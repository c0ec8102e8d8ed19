import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Api } from './api.ts';
import { openWay } from './endpoint.ts';
import { exitCode, sentence } from './exit.ts';

test('a token whose scope leaves the target out is denied, in the words of the gateway', async () => {
  const message = 'A token cannot mint one that exceeds it: it is not good for shop-db.';
  const targets = [{ name: 'shop-db', protocol: 'postgres', host: '127.0.0.1', port: 5432, labels: {} }];
  const server = createServer(({ method }, response) => {
    if (method === 'GET') response.end(JSON.stringify(targets));
    else response.writeHead(403).end(JSON.stringify({ error: { code: 'forbidden', message } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = new Api(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'sp_test');
  const error = await openWay(api, 'shop-db', undefined).catch((refused: unknown) => refused);
  expect([exitCode(error), sentence(error)]).toEqual([3, message]);
  server.closeAllConnections();
  server.close();
});
