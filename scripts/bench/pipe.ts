/**
 * The cheapest thing that Node.js can put between a client and a server: bytes copied as they come.
 * What a gateway costs is measured against this, not against nothing.
 *
 *   node scripts/bench/pipe.ts LISTEN-PORT TARGET-PORT
 */
import { connect, createServer } from 'node:net';

const [listen, target] = process.argv.slice(2).map(Number);
if (listen === undefined || target === undefined) throw new Error('Usage: pipe.ts LISTEN-PORT TARGET-PORT');

createServer({ noDelay: true }, (client) => {
  const server = connect({ port: target, host: '127.0.0.1', noDelay: true });
  client.pipe(server).pipe(client);
  const close = (): void => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) socket.on('error', close).on('close', close);
}).listen(listen, '127.0.0.1');
