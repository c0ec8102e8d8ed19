import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeQuery } from '../../protocols/postgres/src/codec/query.ts';
import { loginTarget } from '../../protocols/postgres/src/startup/login-target.ts';
import { targetAt } from '../../protocols/postgres/test/test-target.ts';
import type { Gateway } from '../../test-fixtures/servers/gateway.ts';

const SETTINGS = new Map([['client_encoding', 'UTF8']]);
/** How many sign in at a time. */
const TOGETHER = 8;
/** As long as the gateway's buffers take to fill. */
const FILL_MS = 5_000;

async function signIn(gateway: Gateway, tls: boolean): Promise<Duplex> {
  const target = targetAt(gateway, tls ? { tls: { mode: 'require' } } : {});
  const { socket } = await loginTarget(target, 'postgres', SETTINGS, AbortSignal.timeout(60_000));
  return socket;
}

/** A client that asks and then reads nothing. */
export async function stall(gateway: Gateway, sql: string): Promise<Duplex> {
  const client = await signIn(gateway, false);
  client.pause();
  client.write(encodeQuery(sql));
  await delay(FILL_MS);
  return client;
}

/** Clients that are signed in and say nothing. */
export async function openIdle(gateway: Gateway, count: number, tls: boolean): Promise<readonly Duplex[]> {
  const clients: Duplex[] = [];
  while (clients.length < count) {
    const next = Math.min(TOGETHER, count - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: next }, () => signIn(gateway, tls)))));
  }
  for (const client of clients) client.resume();
  return clients;
}
