import { argv } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import type { Store } from '@sallyport/core';
import { openStore } from '../src/index.ts';
import { newEntry, sessionRow } from './rows.ts';

/**
 * A process of its own for the tests, so that it can be killed or starved. Prints one word per line:
 *
 * - `write`: records in eight sessions until it is stopped; prints `SESSION N` once event N is durable.
 *   When the store fails it prints `failed CODE SENTENCE` and how every later call ends.
 * - `log`: appends 150 log entries.
 */
const [, , task, dataDir = ''] = argv;

if (task === 'log') await appendLog(await openStore({ dataDir, mode: 'admin' }));
else await write(await openStore({ dataDir, mode: 'serve' }));

async function appendLog(store: Store): Promise<void> {
  for (let i = 0; i < 150; i++) await store.log.append(newEntry(`child${i}`));
  await store.close();
}

async function write(store: Store): Promise<void> {
  const ids = Array.from({ length: 8 }, (_, i) => `s${i}`);
  const sessions = ids.map((id, i) => record(store, id, i % 2 === 0 ? 'strict' : 'fast'));
  const error = (await store.failed) as Error & { code: string };
  await Promise.allSettled(sessions);
  console.log(`failed ${error.code} ${error.message}`);
  const later = [store.log.append(newEntry('x')), store.sessions.list({}), store.tokens.use('t', 1)];
  for (const { status } of await Promise.allSettled(later)) console.log(`later ${status}`);
  await store.close();
  console.log('closed');
}

async function record(store: Store, id: string, durability: 'strict' | 'fast'): Promise<void> {
  const writer = await store.sessions.open(sessionRow(id), newEntry('session.opened', id), durability);
  for (let n = 1; ; n++) {
    writer.append('client', n, Buffer.from(`query ${n}`));
    writer.append('event', n, Buffer.from(JSON.stringify({ type: 'command', n })));
    await writer.durable();
    console.log(`${id} ${n}`);
    for (let row = 0; row < 20; row++) writer.append('target', n, Buffer.alloc(100, `${id} ${n} ${row}`));
    await writer.ready();
    await setImmediate(); // a fast session never waits: the others want their turn
  }
}
