import type { Writable } from 'node:stream';
import { clientLeft } from '../errors.ts';

/** Resolves when more can be written. @throws GatewayError ERR_ENDED for a client that has left */
export function drained(stream: Pick<Writable, 'destroyed' | 'once' | 'removeListener'>): Promise<void> {
  if (stream.destroyed) return Promise.reject(clientLeft());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const [drain, close] = [
    (): void => {
      stream.removeListener('close', close);
      resolve();
    },
    (): void => {
      stream.removeListener('drain', drain);
      reject(clientLeft());
    },
  ];
  stream.once('drain', drain);
  stream.once('close', close);
  return promise;
}
