import { once } from 'node:events';
import { createServer } from 'node:net';
import type { GatewayError, Host } from '@sallyport/core';
import { acceptClient } from '../src/startup/accept-client.ts';
import { CancelRegistry } from '../src/startup/cancel-registry.ts';
import { cancelAtTarget, loginTarget } from '../src/startup/login-target.ts';

/** A gateway that does the start-up on both sides and then passes every byte. */
export async function startPassThrough(port: number, host: Host): Promise<{ stop(): void }> {
  const registry = new CancelRegistry();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    void serve(socket);
  });
  async function serve(socket: Parameters<typeof acceptClient>[0]): Promise<void> {
    const client = await acceptClient(socket, host, { registry });
    if (client === undefined) return;
    try {
      const { target } = client.session;
      const login = await loginTarget(target, client.database, client.parameters, host.signal, client.minor);
      const { backendKey } = login;
      const cancelTarget = (): Promise<void> => (backendKey ? cancelAtTarget(target, backendKey) : Promise.resolve());
      const place = registry.register({ busy: () => true, cancelHold: () => false, cancelTarget }, client.minor);
      client.socket.write(client.welcome(login.parameters, place.key));
      client.socket.pipe(login.socket);
      login.socket.pipe(client.socket);
      login.socket.once('close', place.release);
    } catch (error) {
      client.refuse(error as GatewayError);
    }
  }
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { stop: () => void server.close() };
}
