import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CHAIN_START, linkEntry, RecordLink, type Store } from '@sallyport/core';
import { collect, newEntry } from '../test/rows.ts';
import { openStore } from './index.ts';

const CHILD = fileURLToPath(new URL('../test/child.ts', import.meta.url));
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sallyport-crash-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

interface Told {
  /** The last event of each session that was said to be durable. */
  readonly durable: Map<string, number>;
  readonly other: string[];
}

/** Follows what a child says until it ends. */
async function listen(child: ChildProcess, onDurable: (count: number) => void = () => undefined): Promise<Told> {
  const told: Told = { durable: new Map(), other: [] };
  const ended = once(child, 'close');
  let count = 0;
  if (child.stdout !== null) {
    for await (const line of createInterface(child.stdout)) {
      const durable = /^(s\d) (\d+)$/u.exec(line);
      if (durable === null) told.other.push(line);
      else {
        told.durable.set(durable[1] ?? '', Number(durable[2]));
        count += 1;
        onDurable(count);
      }
    }
  }
  await ended;
  return told;
}

/** Every chain holds, nothing that was durable is missing, and the log is whole. */
async function check(store: Store, { durable }: Told): Promise<void> {
  expect(durable.size).toBeGreaterThan(0);
  for (const [id, last] of durable) {
    let [link, seq, commands] = [new RecordLink(CHAIN_START), 0, 0];
    for await (const record of store.sessions.records(id)) {
      seq += 1;
      expect(record.seq).toBe(seq);
      link.add(seq, record.kind, record.at, record.body);
      if (record.hash !== undefined) {
        expect(record.hash.equals(link.end())).toBe(true);
        link = new RecordLink(record.hash);
      }
      if (record.kind === 'event') commands = (JSON.parse(record.body.toString()) as { n: number }).n;
    }
    expect(commands).toBeGreaterThanOrEqual(last);
    expect((await store.sessions.get(id))?.commands).toBe(commands);
  }
  let hash = CHAIN_START;
  for await (const entry of store.log.entries()) {
    hash = linkEntry(hash, entry.seq, entry.body, entry.signature);
    expect(entry.hash.equals(hash)).toBe(true);
  }
}

test.each([10, 400, 1_500, 3_000])(
  'killed after %i durable commands, it holds all of them, in order, and the chains fit',
  async (count) => {
    const child = spawn(execPath, [CHILD, 'write', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const told = await listen(child, (reached) => {
      if (reached === count) child.kill('SIGKILL');
    });
    expect(child.signalCode).toBe('SIGKILL');
    expect(existsSync(join(dataDir, 'sallyport.db-wal'))).toBe(true);
    const reader = await openStore({ dataDir, mode: 'read' }); // before any recovery by a writer
    if (count > 100) await check(reader, told);
    await reader.close();
    const store = await openStore({ dataDir, mode: 'serve' });
    if (count > 100) await check(store, told);
    expect((await store.sessions.list({ state: 'live' })).length).toBe(8);
    await store.sessions.seal('s0', 'interrupted', 5, newEntry('session.sealed', 's0'));
    expect(await store.sessions.get('s0')).toMatchObject({ state: 'interrupted', sealed: true });
    await store.close();
  },
);

test('on a full disk the store closes for good, says so, and keeps what was durable', async () => {
  // A limit on the size of files fails the write just as a full disk does, and needs no rights.
  const child = spawn('sh', ['-c', `ulimit -f 4096; exec "$0" "$1" write "$2"`, execPath, CHILD, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = await listen(child);
  const [failure, ...later] = told.other;
  expect(failure).toMatch(/^failed ERR_RECORDING The record in .* cannot be written \(E\w+: .*start the gateway again\.$/);
  expect(later).toEqual(['later rejected', 'later rejected', 'later rejected', 'closed']);
  const store = await openStore({ dataDir, mode: 'serve' });
  await check(store, told);
  await store.close();
});

test('two processes append to one log', async () => {
  const store = await openStore({ dataDir, mode: 'serve' });
  const child = spawn(execPath, [CHILD, 'log', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = listen(child);
  let mine = 0;
  while (child.exitCode === null) {
    await store.log.append(newEntry(`parent${mine}`));
    mine += 1;
  }
  await ended;
  const entries = await collect(store.log.entries());
  expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: mine + 150 }, (_, i) => i + 1));
  expect(entries.filter(({ type }) => type.startsWith('child')).map(({ type }) => type)).toEqual(
    Array.from({ length: 150 }, (_, i) => `child${i}`),
  );
  let hash = CHAIN_START;
  for (const entry of entries) {
    hash = linkEntry(hash, entry.seq, entry.body, entry.signature);
    expect(entry.hash.equals(hash)).toBe(true);
  }
  await store.close();
});
