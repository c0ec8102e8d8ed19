import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { RecordKind, Store } from '@sallyport/core';
import fc from 'fast-check';
import { collect, newEntry, sessionRow } from '../test/rows.ts';
import { openStore } from './index.ts';
import { Journal } from './journal.ts';
import { dropJournalFiles, journalFile, readJournal } from './journal-files.ts';
import { BLOCK_HEAD, END, FILE_HEAD, unpackBlock } from './journal-format.ts';

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
  const block = (whole.length - FILE_HEAD - END.length) / 4;
  const wholeIn = (size: number) => [0, 1, 2, 3].slice(0, Math.max(0, Math.floor((size - FILE_HEAD) / block)));
  for (let size = 0; size < whole.length; size++) {
    writeFileSync(file, whole.subarray(0, size));
    const { records, broken } = readAll();
    expect(records.map(({ handle }) => handle)).toEqual(wholeIn(size));
    expect(broken).toBe(size < FILE_HEAD || (size - FILE_HEAD) % block === 0 ? undefined : 'incomplete');
  }
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    writeFileSync(file, changed);
    const { records, broken } = readAll();
    expect(records.map(({ handle }) => handle)).toEqual(wholeIn(at));
    expect(broken).toBeDefined();
  }
});

describe('a file that was moved', () => {
  /** Writes blocks whose bodies are `size` bytes until a file number is reached, and moves all before it. */
  async function fill(journal: Journal, last: number, size = 1 << 20) {
    for (let i = 0; !readdirSync(folder).includes(basename(journalFile(folder, last))); i++)
      journal.append(i, false, 'target', i, Buffer.alloc(size, 7));
    journal.moved(journal.unmoved, last);
    dropJournalFiles(folder, last);
  }

  test('is written again, and what stood in it before is no record', async () => {
    const journal = openJournal();
    await fill(journal, 2);
    expect(readdirSync(folder)).toEqual(['0000000001.spare', '0000000002']);
    const before = statSync(join(folder, '0000000001.spare')).ino;
    await fill(journal, 3);
    expect(statSync(journalFile(folder, 3)).ino).toBe(before);
    journal.append(42, false, 'client', 1, Buffer.from('new'));
    await journal.close();
    expect(statSync(journalFile(folder, 3)).size).toBeGreaterThan(16 << 20);
    const { blocks, bytes, next } = readJournal(folder, { file: 3, offset: 0 }, 64 << 20);
    expect(blocks.flatMap((block) => [...unpackBlock(block)]).map(({ handle }) => handle)).toEqual([42]);
    expect(readJournal(folder, next, 64 << 20)).toMatchObject({ blocks: [], bytes: 0 });
    expect(bytes).toBeLessThan(100);
  });

  test('shows no block of its earlier use, wherever the new ones end, also without the mark of the end', async () => {
    const journal = openJournal();
    await fill(journal, 2, 40_000);
    await fill(journal, 3, 40_000);
    journal.append(42, false, 'target', 1, Buffer.alloc(40_000, 8));
    await journal.close();
    const file = journalFile(folder, 3);
    const bytes = readFileSync(file);
    const end = readJournal(folder, { file: 3, offset: 0 }, 64 << 20).next.offset;
    bytes.copy(bytes, end, FILE_HEAD, end); // the new block once more, at another place
    writeFileSync(file, bytes);
    expect(readJournal(folder, { file: 3, offset: end }, 64 << 20)).toMatchObject({ blocks: [], broken: 'damaged' });
  });

  test('is not read under its old number by who still has it open, and two of them are kept', async () => {
    const journal = openJournal();
    await fill(journal, 4);
    expect(readdirSync(folder)).toEqual(['0000000001.spare', '0000000002.spare', '0000000004']);
    await fill(journal, 5);
    await journal.close();
    renameSync(journalFile(folder, 5), journalFile(folder, 1)); // as an open file keeps its old name
    expect(readJournal(folder, { file: 1, offset: 0 }, 1000)).toMatchObject({ blocks: [], bytes: 0, broken: 'other' });
  });
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
    truncateSync(file, statSync(file).size - END.length - 1);
    store = await openStore({ dataDir, mode: 'serve' });
    expect(await texts(store)).toEqual(ALL.slice(0, 4));
    expect(store.cutBytes).toBe(statBlock() - 1);
  });

  test('takes nothing behind a damaged block', async () => {
    const file = journalFile(folder, 2);
    const bytes = readFileSync(file);
    bytes[FILE_HEAD + statBlock() + BLOCK_HEAD] = 9;
    writeFileSync(file, bytes);
    writeFileSync(journalFile(folder, 3), bytes);
    store = await openStore({ dataDir, mode: 'serve' });
    expect(await texts(store)).toEqual(ALL.slice(0, 2));
    expect(store.cutBytes).toBe(2 * statBlock() + END.length + bytes.length);
  });

  /** Bytes of one of the three blocks. */
  function statBlock(): number {
    return BLOCK_HEAD + 2 * 17 + 'query 1'.length + '{"type":"command","text":"Query 1"}'.length;
  }
});
