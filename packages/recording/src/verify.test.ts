import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { openStore } from '@sallyport/store';
import { END, type Fixture, openFixture, recordSession } from '../test/fixture.ts';
import { type Kept, readRecords, relink, writeRecords } from '../test/segments.ts';
import { takeAnchor, type Verification, verifyAll, verifySession } from './index.ts';

let fixture: Fixture;
/** The closed database that the tampering tests copy. */
let original: string;

beforeAll(async () => {
  const made = await openFixture();
  await fill(made);
  await made.store.close();
  original = mkdtempSync(join(tmpdir(), 'sallyport-original-'));
  copyFileSync(join(made.dataDir, 'sallyport.db'), join(original, 'sallyport.db'));
  await made.close();
});
afterAll(() => rmSync(original, { recursive: true, force: true }));

async function fill(into: Fixture): Promise<void> {
  const { recorder } = into;
  await recorder.log('gateway.started', { version: '0.1.0' });
  for (const id of ['a', 'b']) {
    const session = await recordSession(into, id);
    await recorder.checkpoint();
    session.note({ type: 'notice', text: 'bye' });
    session.record('target', Buffer.from('more'));
    await session.end(END, 'ended');
  }
  await recorder.log('token.minted', { token: 'tk2' });
}

/** Verifies a copy that somebody changed, without a key. */
async function verifyChanged(change: (db: DatabaseSync) => void): Promise<Verification> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-changed-'));
  const file = join(dataDir, 'sallyport.db');
  copyFileSync(join(original, 'sallyport.db'), file);
  const db = new DatabaseSync(file);
  change(db);
  db.close();
  const store = await openStore({ dataDir, mode: 'read' });
  const verification = await verifyAll(store);
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
  return verification;
}

const whats = ({ findings }: Verification) =>
  findings.map(({ session, seq, what }) => `${session ?? 'log'}${seq === null ? '' : `#${seq}`}: ${what}`);

describe('a store that is', () => {
  beforeEach(async () => {
    fixture = await openFixture();
    await fill(fixture);
  });
  afterEach(() => fixture.close());

  test('untouched is self-consistent, verified with a key, anchored with an anchor', async () => {
    const { store, publicKey } = fixture;
    const good = { ok: true, sessions: 2, unsealed: 0, findings: [] };
    expect(await verifyAll(store)).toEqual({ ...good, verdict: 'self-consistent' });
    expect(await verifyAll(store, { publicKey })).toEqual({ ...good, verdict: 'verified' });
    const anchor = await takeAnchor(store, 0);
    await fixture.recorder.log('token.revoked', { token: 'tk2' });
    expect(await verifyAll(store, { publicKey, ...(anchor && { anchor }) })).toEqual({
      ...good,
      verdict: 'anchored to 1970-01-01T00:00:00.000Z',
    });
    expect(await verifySession(store, 'a', { publicKey })).toEqual({ ...good, sessions: 1, verdict: 'verified' });
    expect(await verifySession(store, 'zzz')).toMatchObject({ ok: false, verdict: 'failed', sessions: 0 });
  });

  test('being written verifies while it is written, and counts as unsealed', async () => {
    const session = await recordSession(fixture, 'live');
    await fixture.recorder.checkpoint();
    expect(await verifyAll(fixture.store, fixture)).toMatchObject({ ok: true, sessions: 3, unsealed: 1 });
    await session.end(END, 'failed');
    expect(await verifyAll(fixture.store, fixture)).toMatchObject({ ok: true, sessions: 3, unsealed: 0 });
  });

  test('signed with another key, or not the one anchored, is named', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    expect(whats(await verifyAll(fixture.store, { publicKey }))[0]).toBe(
      'log: Log entry 1 (gateway.started) was signed with another key than the given one.',
    );
    const other = await verifyAll(fixture.store, { anchor: { seq: 2, hash: '00'.repeat(32), at: 0 } });
    expect(whats(other)).toEqual(['log: Log entry 2 is not the one that was anchored at 1970-01-01T00:00:00.000Z.']);
  });

  test('pruned misses nothing', async () => {
    expect(await fixture.recorder.prune(Date.now() + 1_000, 'root')).toEqual(['b', 'a']);
    expect(await verifyAll(fixture.store, fixture)).toMatchObject({ ok: true, sessions: 0 });
    expect(whats(await verifySession(fixture.store, 'a'))).toEqual(['a: The session was pruned: its record is gone by intent.']);
  });
});

/** `a` is handle 1. Its records: 1 client, 2 command, 3 result, 4 target, 5 client, 6 command, 7 result, 8 target, 9 notice, 10 target, 11 ended. */
const A = 'session = 1';

/** Changes the records of `a`, the links left alone. */
function records(change: (records: Kept[]) => Kept[]) {
  return (db: DatabaseSync) => writeRecords(db, 1, change(readRecords(db, 1)));
}

const text = (from: string, to: string) => (all: Kept[]) =>
  all.map((one) => ({ ...one, body: Buffer.from(one.body.toString().replaceAll(from, to)) }));
const renumber = (numbers: Readonly<Record<number, number>>) => (all: Kept[]) =>
  all.map((one) => ({ ...one, seq: numbers[one.seq] ?? one.seq }));
const without = (test: (one: Kept) => boolean) => (all: Kept[]) => all.filter((one) => !test(one));

/** The first link that a change is in ends where the writer ended it: at record 8 at the latest, behind which a checkpoint stands. */
const FIRST_LINK = /^a#\d: Records? [1-8]( to [2-8] do| does) not match the stored hash/;

const changes: [name: string, change: string | ((db: DatabaseSync) => void), first: RegExp][] = [
  ["an event's text", records(text('SELECT 1', 'SELECT 9')), FIRST_LINK],
  ["a frame's bytes", records(text('row 1', 'row 2')), FIRST_LINK],
  ["an event's time", records((all) => all.map((one) => ({ ...one, at: one.seq === 7 ? one.at + 1 : one.at }))), FIRST_LINK],
  ["a record's kind", records((all) => all.map((one) => ({ ...one, kind: one.seq === 1 ? 'target' : one.kind }))), FIRST_LINK],
  ["a link's hash", `UPDATE links SET hash = zeroblob(32) WHERE ${A} AND seq = 8`, /^a#\d: Records? \d.* 8 do(es)? not match/],
  ['a link added', `INSERT INTO links VALUES (1, 10, zeroblob(32))`, /^a#9: Records? 9.* 10 do(es)? not match/],
  ['an event removed', records(without(({ seq }) => seq === 3)), /^a#3: Record 3 is missing/],
  ['the command of a session removed', records(without(({ body }) => body.includes('"type":"command"'))), /^a#2: Record 2 is missing/],
  ['the last event removed', records(without(({ seq }) => seq === 11)), /^a#11: Record 11 is missing at the end/],
  ['all events removed', `DELETE FROM segments WHERE ${A} AND track = 'events'`, /^a#2: Records 2 to 3 are missing/],
  ['all records removed', `DELETE FROM segments WHERE ${A}; DELETE FROM links WHERE ${A}`, /^a#1: Records 1 to 11 are missing at the end/],
  ['an event added', records((all) => [...all, { ...(all.at(-1) as Kept), seq: 12 }]), /^a#12: Record 12 not under the seal|^a#12: /],
  ['two events exchanged', records(renumber({ 2: 6, 6: 2 })), FIRST_LINK],
  ['three events exchanged', records(renumber({ 3: 7, 7: 6, 6: 3 })), FIRST_LINK],
  ['a record doubled', records((all) => all.flatMap((one) => (one.seq === 3 ? [one, one] : [one]))), /^a#3: Record 3 is there twice/],
  ['frames removed', `DELETE FROM segments WHERE ${A} AND track = 'frames'`, /^a#1: Record 1 is missing/],
  ['a segment damaged', damage, /^a#1: From record 1 on nothing can be read: .* cannot be read/],
  [
    'segments of another session',
    `DELETE FROM segments WHERE ${A}; UPDATE segments SET session = 1`,
    /^b#1: Records 1 to 11 are missing at the end/,
  ],
  ['the row: who', "UPDATE sessions SET identity = 'bob' WHERE id = 'a'", /^a: The session's identity differ/],
  [
    'the row: where from and facts',
    "UPDATE sessions SET client = 'x', facts = '{}' WHERE id = 'a'",
    /^a: The session's client, facts differ/,
  ],
  ['the row: when', "UPDATE sessions SET started_at = 5 WHERE id = 'a'", /^a: The session's started_at differ/],
  ['the row: state', "UPDATE sessions SET state = 'failed' WHERE id = 'a'", /^a: The session's state, end or number/],
  ['the row: commands', "UPDATE sessions SET commands = 1 WHERE id = 'a'", /^a: The session's state, end or number/],
  ['the row: id', "UPDATE sessions SET id = 'z' WHERE id = 'a'", /^z: The log does not say/],
  [
    'a session dropped',
    `DELETE FROM sessions WHERE id = 'a'; DELETE FROM segments WHERE ${A}; DELETE FROM links WHERE ${A}`,
    /^a: The session was opened, but its record is gone/,
  ],
  [
    "a log entry's body",
    "UPDATE log SET body = replace(body, '0.1.0', '0.2.0') WHERE seq = 1",
    /^log: Log entry 1 does not match its hash/,
  ],
  ["a log entry's columns", "UPDATE log SET session = 'b' WHERE seq = 2", /^b: Log entry 2's columns differ/],
  ["a log entry's signature", 'UPDATE log SET signature = zeroblob(64) WHERE seq = 3', /^log: Log entry 3 does not match its hash/],
  ['a log entry removed', 'DELETE FROM log WHERE seq = 3', /^log: Log entry 3 is missing/],
  ['the seal removed', "DELETE FROM log WHERE type = 'session.sealed' AND session = 'a'", /^log: Log entry 4 is missing/],
  ['the last log entry removed', 'DELETE FROM log WHERE seq = 8', /^log: Log entry 8 is missing at the log's end/],
  ['the last log entries removed, and what remembers them', cutLog, /^b: The session is sealed, but its seal is missing/],
  ['all of the log removed', 'DELETE FROM log', /^log: Log entries 1 to 8 are missing at the log's end/],
  [
    'an unsigned entry slipped in',
    'INSERT INTO log SELECT 9, type, at, session, body, zeroblob(0), hash, key_id, day FROM log WHERE seq = 8',
    /^log: Log entry 9 does not match its hash/,
  ],
  [
    'two log entries exchanged',
    'UPDATE log SET seq = 100 WHERE seq = 2; UPDATE log SET seq = 2 WHERE seq = 3; UPDATE log SET seq = 3 WHERE seq = 100',
    /^log: Log entry 2 does not match its hash/,
  ],
];

test.each(changes)('is named: %s', async (_, change, first) => {
  const verification = await verifyChanged((db) => (typeof change === 'string' ? db.exec(change) : change(db)));
  expect(verification).toMatchObject({ ok: false, verdict: 'failed' });
  expect(whats(verification)[0]).toMatch(first);
});

test('is named: a record with all later hashes, by the next checkpoint', async () => {
  const found = whats(
    await verifyChanged((db) => {
      records(text('SELECT 1', 'SELECT 9'))(db);
      relink(db, 1);
    }),
  );
  expect(found[0]).toMatch(/^a#8: At record 8 the chain differs from the checkpoint in log entry 3: a record up to it was changed/);
  expect(found[1]).toMatch(/^a#11: At record 11 the chain differs from the seal in log entry 4/);
});

const columns = [
  ['segments', 'data', "session = 1 AND track = 'events'"],
  ['segments', 'data', "session = 1 AND track = 'frames'"],
  ['links', 'hash', 'session = 1 AND seq = 8'],
  ...['at', 'type', 'body', 'signature', 'hash'].map((name) => ['log', name, 'seq = 2']),
];

test.each(columns)('is named: a bit in %s.%s', async (table, name, where) => {
  const { ok } = await verifyChanged((db) => {
    const old = db.prepare(`SELECT ${name} AS value FROM ${table} WHERE ${where}`).get()?.['value'] ?? null;
    db.prepare(`UPDATE ${table} SET ${name} = ? WHERE ${where}`).run(flipped(old));
  });
  expect(ok).toBe(false);
});

function flipped(value: SQLInputValue): SQLInputValue {
  if (typeof value === 'number') return value + 1;
  const bytes = Buffer.from(value as string);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return typeof value === 'string' ? bytes.toString() : bytes;
}

function damage(db: DatabaseSync): void {
  const data = Buffer.from(db.prepare("SELECT data FROM segments WHERE session = 1 AND track = 'frames'").get()?.['data'] as Uint8Array);
  data[0] = 0;
  db.prepare("UPDATE segments SET data = ? WHERE session = 1 AND track = 'frames'").run(data);
}

function cutLog(db: DatabaseSync): void {
  db.exec(
    'DELETE FROM log WHERE seq > 6; DELETE FROM log_last; INSERT INTO log_last SELECT 1, seq, type, at, session, body, signature, hash FROM log WHERE seq = 6',
  );
}
