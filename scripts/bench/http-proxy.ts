/**
 * The cheapest thing that can be put between a client and a server of HTTP with the same libraries: node:http in front,
 * undici behind, bodies piped. What the gateway costs is measured against this. It lets everybody in.
 *
 *   node scripts/bench/http-proxy.ts LISTEN-PORT TARGET-PORT
 */
import { createServer } from 'node:http';
import { Pool } from '../../protocols/http/test/undici.ts';

const [listen, target] = process.argv.slice(2);
if (target === undefined) throw new Error('Usage: http-proxy.ts LISTEN-PORT TARGET-PORT');
const pool = new Pool(`http://127.0.0.1:${target}`, { connections: 256, pipelining: 1 });

createServer((request, response) => {
  const { method = 'GET', url = '/', headers } = request;
  const { connection: _, expect: __, ...rest } = headers; // undici refuses `expect`
  const body = method === 'GET' ? null : request;
  pool
    .stream({ method: method as 'GET', path: url, headers: rest, body, opaque: response }, ({ statusCode, headers: answered }) => {
      response.writeHead(statusCode, answered);
      return response;
    })
    .catch(() => response.destroy());
}).listen(Number(listen), '127.0.0.1');
