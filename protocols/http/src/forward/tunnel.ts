import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Bytes that passed, from the client and from the target. */
export interface Passed {
  readonly sent: number;
  readonly received: number;
}

/**
 * Carries bytes both ways until both sides have ended. Nobody looks into them. Each side reads no faster than the other
 * takes, and who has ended its own direction still gets the other one: both sockets must allow that (`allowHalfOpen`).
 *
 * @param signal ends both at once.
 */
export async function carryTunnel(client: Duplex, target: Duplex, signal: AbortSignal): Promise<Passed> {
  const passed = { sent: 0, received: 0 };
  const stop = (): void => {
    client.destroy();
    target.destroy();
  };
  const carry = async (from: Duplex, to: Duplex, way: keyof typeof passed): Promise<void> => {
    const whole = pipeline(from, to);
    from.on('data', (chunk: Buffer) => {
      passed[way] += chunk.length;
    });
    // Half a tunnel is none: what the other side still has to say belongs to what was cut off.
    await whole.catch(stop);
  };
  // Two pipelines listen on each, besides those who had them before.
  for (const socket of [client, target]) socket.setMaxListeners(32);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.all([carry(client, target, 'sent'), carry(target, client, 'received')]);
    return passed;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
