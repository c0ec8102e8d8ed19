import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { RecordKind, Store } from '@sallyport/core';
import fc from 'fast-check';
import { collect, newEntry, sessionRow } from '../test/rows.ts';
import { openStore } from './index.ts';
import { Journal } from './journal.ts';
import { journalFile, readJournal } from './journal-files.ts';
import { BLOCK_HEAD, unpackBlock } from './journal-format.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'sallyport-journal-')), 'journal');
});
afterEach(() => rmSync(dirname(folder), { recursive: true, force: true }));

function openJournal(onWritten: () => void = () => undefined): Journal {
  return new Journal({
    folder,
    first: 1,
    onWritten,
    onFailure: (error) => {
      throw error;
    },
  });
}

/** All that a journal holds, and why there is no more. */
function readAll(limit = 1000) {
  const records = [];
  for (let from = { file: 1, offset: 0 }; ; ) {
    const part = readJournal(folder, from, limit);
    for (const block of part.blocks) records.push(...unpackBlock(block));
    if (part.bytes === 0) return { records, broken: part.broken, next: part.next };
    from = part.next;
  }
}

const record = fc.record(
  {
    handle: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    kind: fc.constantFrom<RecordKind>('event', 'client', 'target'),
    at: fc.double({ noNaN: true }),
    body: fc
      .oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 15_000, max: 90_000 }).map((length) => new Uint8Array(length).fill(7)),
      )
      .map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
);

test('records come back as they were, in order, whatever their size and wherever they were flushed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(record, fc.boolean()), { maxLength: 20 }),
      fc.integer({ min: 1, max: 100_000 }),
      async (all, limit) => {
        rmSync(folder, { recursive: true, force: true });
        const journal = openJournal();
        for (const [{ handle, kind, at, body }, flush] of all) {
          journal.append(handle, false, kind, at, body);
          if (flush) journal.flush();
        }
        await journal.close();
        const { records, broken } = readAll(limit);
        expect([
          isDeepStrictEqual(
            records,
            all.map(([one]) => one),
          ),
          broken,
        ]).toEqual([true, undefined]);
      },
    ),
    { numRuns: 50 },
  );
});

test('cut off anywhere, it gives the blocks before the cut and says so; a changed byte ends it likewise', async () => {
  const journal = openJournal();
  for (let i = 0; i < 4; i++) {
    journal.append(i, false, 'event', i, Buffer.from(`record ${i}`));
    journal.flush();
  }
  await journal.close();
  const file = journalFile(folder, 1);
  const whole = readFileSync(file);
  const block = whole.length / 4;
  for (let size = 0; size < whole.length; size++) {
    writeFileSync(file, whole.subarray(0, size));
    const { records, broken } = readAll();
    expect(records.map(({ handle }) => handle)).toEqual([0, 1, 2, 3].slice(0, Math.floor(size / block)));
    expect(broken).toBe(size % block === 0 ? undefined : 'incomplete');
  }
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    writeFileSync(file, changed);
    const { records, broken } = readAll();
    expect(records.map(({ handle }) => handle)).toEqual([0, 1, 2, 3].slice(0, Math.floor(at / block)));
    expect(broken).toBeDefined();
  }
});

test('goes on in a new file when one is full, and drops what was moved', async () => {
  const journal = openJournal();
  const body = Buffer.alloc(1 << 20, 1);
  for (let i = 0; i < 40; i++) journal.append(1, true, 'target', i, body);
  expect(readdirSync(folder)).toEqual(['0000000001', '0000000002', '0000000003']);
  const { records } = readAll(8 << 20);
  expect(records.map(({ at }) => at)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(journal.unmoved).toBeGreaterThan(40 << 20);
  await journal.durable(40, true);
  journal.moved(journal.unmoved, 3);
  expect(journal.unmoved).toBe(0);
  await journal.close();
});

test.each([false, true])('sessions that ask in the same turn share one write; strict: %p', async (strict) => {
  let writes = 0;
  const journal = openJournal(() => {
    writes += 1;
  });
  const waits = [1, 2, 3].map((handle) => {
    journal.append(handle, strict, 'client', 1, Buffer.from(`query of ${handle}`));
    return journal.durable(handle, strict);
  });
  let said = 0;
  for (const wait of waits) void wait?.then(() => (said += 1));
  await Promise.resolve();
  expect([writes, said, readAll().records.length]).toEqual([0, 0, 0]);
  await Promise.all(waits);
  expect([writes, said, readAll().records.length]).toEqual([1, 3, 3]);
  expect(journal.durable(3, strict)).toBeUndefined();
  await journal.close();
});

test('a write that fails is durable to nobody, whoever hears of it', async () => {
  const failures: unknown[] = [];
  const onWritten = (): never => {
    throw new Error('disk full');
  };
  const journal = new Journal({ folder, first: 1, onWritten, onFailure: (error) => failures.push(error) });
  journal.append(1, false, 'client', 1, Buffer.from('query'));
  await expect(journal.durable(1, false)).rejects.toThrow('disk full');
  await expect(journal.durable(1, false)).rejects.toThrow('disk full');
  expect(failures).toHaveLength(1);
  await journal.close();
});

test.each([10, 20_000])('a strict record of %i bytes is synced though nobody asks', async (bytes) => {
  const journal = openJournal();
  journal.append(1, true, 'target', 1, Buffer.alloc(bytes));
  journal.flush();
  expect(journal.unsynced).toBeGreaterThan(bytes);
  while (journal.unsynced > 0) await setTimeout(5); // or the test's own time is over
  journal.append(1, true, 'target', 1, Buffer.alloc(bytes)); // while or behind a sync
  while (journal.unsynced > 0 || journal.unmoved < 2 * bytes) await setTimeout(5);
  await journal.close();
});

describe('a store that was cut off', () => {
  let dataDir: string;
  let store: Store;

  /** As a crash leaves it: records in the journal that are not in the tables. */
  beforeEach(async () => {
    dataDir = dirname(folder);
    store = await openStore({ dataDir, mode: 'serve' });
    await store.sessions.open(sessionRow('s'), newEntry('session.opened', 's'), 'strict');
    await store.close();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const journal = new Journal({ folder, first: 2, onWritten: () => undefined, onFailure: () => undefined });
    for (let i = 1; i <= 3; i++) {
      journal.append(1, true, 'client', i, Buffer.from(`query ${i}`));
      journal.append(1, true, 'event', i, Buffer.from(`{"type":"command","text":"Query ${i}"}`));
      journal.flush();
    }
    await journal.close();
  });
  afterEach(() => store.close());

  const texts = async (from: Store) => (await collect(from.sessions.records('s'))).map(({ seq, body }) => `${seq} ${body.toString()}`);
  const ALL = [1, 2, 3].flatMap((i) => [`${2 * i - 1} query ${i}`, `${2 * i} {"type":"command","text":"Query ${i}"}`]);

  test('shows its readers what is in the journal', async () => {
    store = await openStore({ dataDir, mode: 'read' });
    expect(await texts(store)).toEqual(ALL);
    expect((await collect(store.sessions.events('s'))).map(({ seq }) => seq)).toEqual([2, 4, 6]);
    expect(await store.sessions.get('s')).toMatchObject({ commands: 3 });
    expect(await store.sessions.list({})).toMatchObject([{ commands: 3 }]);
    expect((await store.sessions.search('query 2', {})).map(({ record }) => record.seq)).toEqual([4]);
  });

  test('moves the journal into the tables at the next start, and goes on', async () => {
    store = await openStore({ dataDir, mode: 'serve' });
    expect(store.cutBytes).toBe(0);
    expect(await texts(store)).toEqual(ALL);
    expect(await store.sessions.left('s')).toMatchObject({ seq: 6, events: 3, clientBytes: 21, lastAt: 3 });
    expect(readdirSync(folder)).toEqual(['0000000003']);
    await store.sessions.seal('s', 'interrupted', 5, newEntry('session.sealed', 's'));
    expect(await store.sessions.get('s')).toMatchObject({ commands: 3, sealed: true });
  });

  test('drops a torn block at its end, and says how much that was', async () => {
    const file = journalFile(folder, 2);
    truncateSync(file, statSync(file).size - 1);
    store = await openStore({ dataDir, mode: 'serve' });
    expect(await texts(store)).toEqual(ALL.slice(0, 4));
    expect(store.cutBytes).toBe(statBlock() - 1);
  });

  test('takes nothing behind a damaged block', async () => {
    const file = journalFile(folder, 2);
    const bytes = readFileSync(file);
    bytes[statBlock() + BLOCK_HEAD] = 9;
    writeFileSync(file, bytes);
    appendFileSync(journalFile(folder, 3), bytes);
    store = await openStore({ dataDir, mode: 'serve' });
    expect(await texts(store)).toEqual(ALL.slice(0, 2));
    expect(store.cutBytes).toBe(5 * statBlock());
  });

  /** Bytes of one of the three blocks. */
  function statBlock(): number {
    return BLOCK_HEAD + 2 * 17 + 'query 1'.length + '{"type":"command","text":"Query 1"}'.length;
  }
});
