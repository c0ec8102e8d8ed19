import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type StrictRequest, strictRequests } from './strict-parser.ts';

/** A target that answers what it can read in one way only. */
export interface StrictTarget {
  readonly port: number;
  /** What it got, in the order in which it was complete. */
  readonly reached: StrictRequest[];
  /** What no strict parser takes. */
  readonly faults: string[];
  close(): void;
}

export async function strictTarget(): Promise<StrictTarget> {
  const reached: StrictRequest[] = [];
  const faults: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let bytes = '';
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      try {
        const { requests, rest } = strictRequests(bytes + chunk);
        bytes = rest;
        for (const request of requests) {
          reached.push(request);
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n${request.method === 'HEAD' ? '' : 'ok'}`);
        }
      } catch (error) {
        faults.push((error as Error).message);
        socket.destroy();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    reached,
    faults,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
