import type { Duplex } from 'node:stream';
import type { Host } from '@sallyport/core';

/** One client connection from its first byte to its seal. Never rejects for what a client did. */
export async function serve(client: Duplex, host: Host): Promise<void> {
  host.log('error', 'HTTP is not served yet.');
  client.destroy();
}
