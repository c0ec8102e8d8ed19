import type { Duplex } from 'node:stream';
import type { Host } from '@sallyport/core';
import ssh2 from 'ssh2';

/** One client connection from its first byte to its seal. Never rejects for what a client did. */
export async function serve(client: Duplex, host: Host): Promise<void> {
  const server = new ssh2.Server({ hostKeys: [] });
  host.log('info', 'SSH is not served yet', { keys: server.listenerCount('connection') });
  client.destroy();
}
