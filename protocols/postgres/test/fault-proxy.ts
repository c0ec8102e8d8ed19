import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** For tests: a wire that can be cut. */
export interface FaultProxy {
  readonly port: number;
  /** Closes all connections towards who connected, in peace or with a reset. */
  cut(how: 'FIN' | 'RST'): void;
  close(): void;
}

/** Passes bytes to a port of 127.0.0.1 until somebody cuts it. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const near = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    near.add(socket);
    socket.pipe(far).pipe(socket);
    for (const end of [socket, far]) {
      end.on('error', () => undefined);
      end.on('close', () => {
        near.delete(socket);
        socket.destroy();
        far.destroy();
      });
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut(how) {
      for (const socket of near) {
        if (how === 'FIN') socket.destroy();
        else socket.resetAndDestroy();
      }
    },
    close: () => void server.close(),
  };
}
