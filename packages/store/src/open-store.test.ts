import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CHAIN_START, DamageError, linkEntry, type RecordKind, RecordLink, type Store, type StoredRecord } from '@sallyport/core';
import { collect, newEntry, sessionRow } from '../test/rows.ts';
import { openStore } from './index.ts';
import { SEGMENTS_AFTER } from './record-pages.ts';

let dataDir: string;
let store: Store;

beforeEach(async () => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'sallyport-store-')), 'data');
  store = await openStore({ dataDir, mode: 'serve' });
});
afterEach(async () => {
  await store.close();
  rmSync(dirname(dataDir), { recursive: true, force: true });
});

/** The chain computed the plain way, over what is read back; every stored hash must be on it. */
function chainOf(records: readonly StoredRecord[]): Buffer {
  let [hash, link] = [CHAIN_START, new RecordLink(CHAIN_START)];
  for (const record of records) {
    link.add(record.seq, record.kind, record.at, record.body);
    if (record.hash === undefined) continue;
    hash = link.end();
    expect(hash.equals(record.hash)).toBe(true);
    link = new RecordLink(hash);
  }
  return hash;
}

describe('records', () => {
  const event = (type: string, more: object = {}) => Buffer.from(JSON.stringify({ type, ...more }));

  test('come back in the order of writing, with events and frames merged, and the chain holds', async () => {
    const writer = await store.sessions.open(sessionRow('s1'), newEntry('session.opened', 's1'), 'strict');
    expect(writer.durable()).toBeUndefined();
    const written: [RecordKind, number, Buffer][] = [];
    for (let i = 0; i < 3_000; i++) {
      const kind: RecordKind = i % 7 === 0 ? 'event' : i % 3 === 0 ? 'client' : 'target';
      const body = kind === 'event' ? event(i % 14 === 0 ? 'command' : 'note', { i, text: 'é\u{1f600}' }) : Buffer.alloc(i % 200, i);
      written.push([kind, 1_000 + i / 4, body]);
      writer.append(kind, 1_000 + i / 4, body);
      if (i % 500 === 0) await writer.durable();
    }
    const head = await writer.head();
    const records = await collect(store.sessions.records('s1'));
    expect(records.map(({ kind, at, body }) => [kind, at, body])).toEqual(written);
    expect(records.map(({ seq }) => seq)).toEqual(written.map((_, i) => i + 1));
    expect(chainOf(records)).toEqual(head.hash);
    const bytes = (side: RecordKind) => written.reduce((sum, [kind, , body]) => sum + (kind === side ? body.length : 0), 0);
    expect(head).toEqual({ seq: 3_000, hash: head.hash, events: 429, clientBytes: bytes('client'), targetBytes: bytes('target') });
    const events = await collect(store.sessions.events('s1'));
    expect(events).toEqual(records.filter(({ kind }) => kind === 'event'));
    expect((await store.sessions.get('s1'))?.commands).toBe(215);

    await store.sessions.seal('s1', 'ended', 9_000, newEntry('session.sealed', 's1'));
    expect(await collect(store.sessions.records('s1'))).toEqual(records.map((record) => expect.objectContaining(plain(record))));
    expect(await store.sessions.get('s1')).toMatchObject({ state: 'ended', endedAt: 9_000, sealed: true });
    expect(() => writer.append('event', 1, event('late'))).toThrow('sealed');
  });

  test('of many sessions at once do not mix, and one larger than a batch passes', async () => {
    const ids = ['a', 'b', 'c'];
    const writers = await Promise.all(ids.map((id) => store.sessions.open(sessionRow(id), newEntry('session.opened', id), 'fast')));
    const large = Buffer.alloc(300_000, 'x');
    for (let i = 0; i < 100; i++) {
      for (const [w, writer] of writers.entries()) writer.append('target', i, Buffer.from(`${ids[w]}${i}`));
    }
    writers[1]?.append('client', 5, large);
    await Promise.all(writers.map((writer) => writer.durable()));
    for (const id of ids) {
      const records = await collect(store.sessions.records(id));
      expect(records.slice(0, 100).map(({ body }) => body.toString())).toEqual(Array.from({ length: 100 }, (_, i) => `${id}${i}`));
      expect(records.length).toBe(id === 'b' ? 101 : 100);
    }
    expect((await collect(store.sessions.records('b'))).at(-1)?.body.equals(large)).toBe(true);
  });

  test('small raw segments become one compressed segment', async () => {
    const writer = await store.sessions.open(sessionRow('s'), newEntry('session.opened', 's'), 'strict');
    const db = new DatabaseSync(join(dataDir, 'sallyport.db'), { readOnly: true });
    const segments = db.prepare('SELECT codec FROM segments');
    const codecs = () => segments.all().map(({ codec }) => codec);
    for (let i = 0; i < 5; i++) {
      writer.append('target', i, Buffer.alloc(100));
      await writer.head(); // has all records moved into the tables
    }
    expect(codecs()).toEqual(['raw', 'raw', 'raw', 'raw', 'raw']);
    writer.append('target', 6, Buffer.alloc(70_000));
    await writer.head();
    expect(codecs()).toEqual(['zstd']);
    writer.append('target', 7, Buffer.alloc(1_000));
    await store.sessions.seal('s', 'ended', 8, newEntry('session.sealed', 's'));
    expect(codecs()).toEqual(['zstd', 'zstd']);
    db.close();
    expect((await collect(store.sessions.records('s'))).length).toBe(7);
  });

  test('larger than a page, of any kind, come back whole', async () => {
    const writer = await store.sessions.open(sessionRow('s'), newEntry('session.opened', 's'), 'fast');
    for (let i = 0; i < 30; i++) {
      writer.append('event', i, event('note', { text: 'x'.repeat(100_000) }));
      writer.append('target', i, Buffer.alloc(150_000, i));
      for (let n = 0; n < 100; n++) writer.append('event', i, event('small'));
      await writer.ready();
    }
    const { hash, seq } = await writer.head();
    const records = await collect(store.sessions.records('s'));
    expect([records.length, chainOf(records).equals(hash)]).toEqual([seq, true]);
    expect((await collect(store.sessions.events('s'))).length).toBe(30 * 101);
  });

  test('a page is looked up where it begins, whatever stands before it', () => {
    const db = new DatabaseSync(join(dataDir, 'sallyport.db'), { readOnly: true });
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${SEGMENTS_AFTER}`).all({ session: 1, track: 'frames', after: 9 });
    db.close();
    expect(plan[0]?.['detail']).toBe('SEARCH segments USING INDEX sqlite_autoindex_segments_1 (session=? AND track=? AND first_seq>?)');
    expect(JSON.stringify(plan)).not.toContain('SCAN');
  });

  test('ready() waits while 64 MiB are not moved into the tables', async () => {
    const writer = await store.sessions.open(sessionRow('s'), newEntry('session.opened', 's'), 'fast');
    expect(writer.ready()).toBeUndefined();
    const body = Buffer.alloc(1 << 20);
    for (let i = 0; i < 65; i++) writer.append('target', 1, body);
    expect(writer.ready()).toBeInstanceOf(Promise);
    await writer.ready();
    expect(writer.ready()).toBeUndefined();
    await writer.durable();
    expect(writer.durable()).toBeUndefined();
  });

  test('of a strict session: ready() waits while a megabyte is not synced, and who asks in one turn shares a sync', async () => {
    const ids = ['a', 'b', 'c'];
    const writers = await Promise.all(ids.map((id) => store.sessions.open(sessionRow(id), newEntry('session.opened', id), 'strict')));
    const waits = writers.map((writer) => {
      writer.append('event', 1, event('note'));
      return writer.durable();
    });
    expect(waits[0]).toBeInstanceOf(Promise);
    expect(new Set(waits).size).toBe(1);
    await waits[0];
    expect(writers.map((writer) => writer.durable())).toEqual([undefined, undefined, undefined]);
    for (let i = 0; i < 20; i++) writers[0]?.append('target', 1, Buffer.alloc(60_000));
    expect(writers[0]?.ready()).toBeInstanceOf(Promise);
    await writers[0]?.ready();
    expect(writers[0]?.ready()).toBeUndefined();
  });

  test('are written though nobody asks', async () => {
    const writer = await store.sessions.open(sessionRow('s'), newEntry('session.opened', 's'), 'strict');
    writer.append('event', 1, event('note'));
    while ((await collect(store.sessions.records('s'))).length === 0); // or the test's own time is over
  });

  test('are found by text, as it stands and with the signs of LIKE and JSON in it', async () => {
    const writer = await store.sessions.open(sessionRow('s'), newEntry('session.opened', 's'), 'strict');
    writer.append('event', 1, event('command', { text: 'SELECT "a_b" WHERE x LIKE \'50%\'' }));
    await writer.durable();
    const find = async (text: string) => (await store.sessions.search(text, {})).map(({ session, record }) => [session, record.seq]);
    expect(await find('"A_B" where')).toEqual([['s', 1]]);
    expect(await find("50%'")).toEqual([['s', 1]]);
    expect(await find('a%b')).toEqual([]);
    expect(await find('aXb')).toEqual([]);
    expect(await store.sessions.search('select', { identity: 'nobody' })).toEqual([]);
  });
});

function plain({ seq, at, kind, body }: StoredRecord) {
  return { seq, at, kind, body };
}

describe('sessions', () => {
  test('are listed newest first and filtered', async () => {
    for (const [i, id] of ['a', 'b', 'c'].entries()) {
      await store.sessions.open(
        sessionRow(id, { startedAt: i, target: i === 1 ? 'other' : 'shop' }),
        newEntry('session.opened', id),
        'fast',
      );
    }
    const ids = async (filter: object) => (await store.sessions.list(filter)).map(({ id }) => id);
    expect(await ids({})).toEqual(['c', 'b', 'a']);
    expect(await ids({ limit: 1 })).toEqual(['c']);
    expect(await ids({ target: 'shop' })).toEqual(['c', 'a']);
    expect(await ids({ since: 1 })).toEqual(['c', 'b']);
    expect(await ids({ before: 1 })).toEqual(['a']);
    expect(await ids({ state: 'ended' })).toEqual([]);
    expect(await store.sessions.get('a')).toEqual(sessionRow('a', { startedAt: 0 }));
    expect(await store.sessions.get('z')).toBeUndefined();
  });

  test('a second one of the same id is refused, and the store lives on', async () => {
    await store.sessions.open(sessionRow('a'), newEntry('session.opened', 'a'), 'fast');
    await expect(store.sessions.open(sessionRow('a'), newEntry('session.opened', 'a'), 'fast')).rejects.toMatchObject({
      code: 'ERR_RECORDING',
    });
    expect((await collect(store.log.entries())).length).toBe(1);
    await store.log.append(newEntry('x'));
  });

  test('pruning removes ended ones with all they recorded, and refuses live ones', async () => {
    for (const id of ['a', 'b']) {
      const writer = await store.sessions.open(sessionRow(id), newEntry('session.opened', id), 'fast');
      for (let i = 0; i < 1_200; i++) writer.append('event', i, Buffer.from('{"type":"note"}'));
      writer.append('client', 1, Buffer.from('x'));
      await writer.head();
    }
    await store.sessions.seal('a', 'ended', 5, newEntry('session.sealed', 'a'));
    await expect(store.sessions.prune(['a', 'b'], newEntry('sessions.pruned'))).rejects.toMatchObject({ code: 'ERR_RECORDING' });
    expect(await store.sessions.get('a')).toBeDefined();
    await store.sessions.prune(['a'], newEntry('sessions.pruned'));
    expect((await store.sessions.list({})).map(({ id }) => id)).toEqual(['b']);
    expect(await collect(store.sessions.records('a'))).toEqual([]);
    const db = new DatabaseSync(join(dataDir, 'sallyport.db'), { readOnly: true });
    const count = (table: string, session: number) =>
      db.prepare(`SELECT COUNT(*) AS count FROM ${table} WHERE session = ?`).get(session)?.['count'];
    expect([count('segments', 1), count('links', 1)]).toEqual([0, 0]);
    expect(count('segments', 2)).toBeGreaterThan(0);
    expect(db.prepare('SELECT COUNT(*) AS count FROM pruned').get()).toMatchObject({ count: 0 });
    db.close();
  });
});

describe('log', () => {
  test('chains entries, also those that another opener appends', async () => {
    const beside = await openStore({ dataDir, mode: 'admin' });
    await Promise.all(Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? store : beside).log.append(newEntry(`t${i}`))));
    await beside.close();
    const entries = await collect(store.log.entries());
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    let hash = CHAIN_START;
    for (const entry of entries) {
      hash = linkEntry(hash, entry.seq, entry.body, entry.signature);
      expect(entry.hash).toEqual(hash);
    }
    expect(await store.log.last()).toEqual(entries.at(-1));
    expect((await collect(store.log.entries(58))).map(({ seq }) => seq)).toEqual([58, 59, 60]);
  });
});

describe('opening', () => {
  test('makes private files', () => {
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'sallyport.db')).mode & 0o077).toBe(0);
  });

  test('a second gateway is refused until the first has gone; readers are not', async () => {
    await expect(openStore({ dataDir, mode: 'serve' })).rejects.toThrow(/Another gateway runs on/);
    const reader = await openStore({ dataDir, mode: 'read' });
    expect(await reader.sessions.list({})).toEqual([]);
    await expect(reader.log.append(newEntry('x'))).rejects.toMatchObject({ code: 'ERR_RECORDING' });
    await reader.close();
    await store.close();
    store = await openStore({ dataDir, mode: 'serve' });
  });

  test('what lives is called interrupted where no gateway runs any more', async () => {
    await store.sessions.open(sessionRow('cut'), newEntry('session.opened'), 'fast');
    const found = async () => {
      const reader = await openStore({ dataDir, mode: 'read' });
      const [live, one] = await Promise.all([reader.sessions.list({ state: 'live' }), reader.sessions.get('cut')]);
      await reader.close();
      return [one?.state, live.length];
    };
    expect(await found()).toEqual(['live', 1]);
    await store.close(); // unsealed, as after a crash
    expect(await found()).toEqual(['interrupted', 0]);
    store = await openStore({ dataDir, mode: 'serve' });
  });

  test('a schema that is newer, older or absent is named', async () => {
    await expect(openStore({ dataDir: join(dataDir, 'none'), mode: 'read' })).rejects.toThrow(/no record in .* yet/);
    await store.close();
    const setVersion = (version: number): void => {
      const db = new DatabaseSync(join(dataDir, 'sallyport.db'));
      db.exec(`PRAGMA user_version = ${version}`);
      db.close();
    };
    setVersion(99);
    await expect(openStore({ dataDir, mode: 'serve' })).rejects.toThrow(/newer Sallyport \(schema 99/);
    await expect(openStore({ dataDir, mode: 'admin' })).rejects.toThrow(/newer Sallyport/);
    setVersion(0);
    await expect(openStore({ dataDir, mode: 'read' })).rejects.toThrow(/sallyport serve/);
    setVersion(1);
    await expect(openStore({ dataDir, mode: 'serve' })).rejects.toThrow(/before the first release/);
    setVersion(2);
    store = await openStore({ dataDir, mode: 'serve' });
  });

  test('a file that was cut off is named as damage, wherever the cut is', async () => {
    for (let i = 0; i < 200; i++) await store.log.append(newEntry(`note ${i}`));
    await store.close();
    const file = join(dataDir, 'sallyport.db');
    const whole = readFileSync(file);
    for (const size of [0, 50, 3_000, whole.length / 2]) {
      writeFileSync(file, whole.subarray(0, size));
      const reading = openStore({ dataDir, mode: 'read' }).then(async (reader) => {
        await collect(reader.log.entries()).finally(() => reader.close());
      });
      await expect(reading).rejects.toBeInstanceOf(DamageError);
    }
    writeFileSync(file, whole);
    store = await openStore({ dataDir, mode: 'serve' });
  });

  test('facts are kept by scope', async () => {
    await store.facts.save('a', 'k', '1');
    await store.facts.save('a', 'k', '2');
    await store.facts.save('b', 'k', '3');
    expect([...(await store.facts.load('a'))]).toEqual([['k', '2']]);
  });
});
