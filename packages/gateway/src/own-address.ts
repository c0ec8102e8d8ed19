import { networkInterfaces } from 'node:os';
import { splitAddress } from './listener.ts';

const LOOPBACK = /^(?:127\.|::1$)/;

/**
 * Whether what is sent to this IP address and port comes to the gateway itself. Any address of this machine counts with
 * a port at which it listens: who listens beside it, at another address and the same port, is taken for the gateway.
 *
 * @param listeners `127.0.0.1:8420`, `[::]:8420`
 */
export function isOwnAddress(listeners: readonly string[], address: string, port: number): boolean {
  if (!listeners.some((listen) => splitAddress(listen).port === port)) return false;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (LOOPBACK.test(plain)) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((own) => own.address === plain));
}
