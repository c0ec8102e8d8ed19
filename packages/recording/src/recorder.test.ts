import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GatewayError } from '@sallyport/core';
import { collect, commandEvent, END, type Fixture, newSession, openFixture, openSession, recordSession } from '../test/fixture.ts';
import { describeSession, Recorder, searchSessions, sessionJson, verifyAll } from './index.ts';

/** Nobody stops the sealing. */
const RUNNING = new AbortController().signal;

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

const entries = async () => (await collect(fixture.store.log.entries())).map(({ body }) => JSON.parse(body) as Record<string, unknown>);

test('a session is signed when it opens and when it is sealed, with what was seen', async () => {
  const session = await recordSession(fixture, 's1');
  const ending = session.end(END, 'ended');
  expect(session.end(END, 'failed')).toBe(ending);
  await ending;
  session.note({ type: 'late' });
  session.record('target', Buffer.from('late'));
  const [opened, seal] = await entries();
  expect(opened).toMatchObject({
    type: 'session.opened',
    session: 's1',
    row: { id: 's1', identity: 'alice', facts: { database: 'shop' } },
    durability: 'strict',
    results: 'full',
    version: '0.1.0',
    config: 'c0ffee',
    log: { seq: 0 },
  });
  expect(seal).toMatchObject({
    type: 'session.sealed',
    state: 'ended',
    seq: 9,
    commands: 2,
    events: 5,
    recorded_bytes: { client: 4, target: 26 },
    wire: { client_bytes: 100, target_bytes: 200, client_frames: 3, target_frames: 4, opaque_bytes: 0 },
    drops: 0,
    log: { seq: 1 },
  });
  expect((await collect(fixture.store.sessions.records('s1'))).length).toBe(9);
  expect(await fixture.store.sessions.get('s1')).toMatchObject({ state: 'ended', sealed: true, commands: 2 });
});

test('a checkpoint is written for sessions with changes only', async () => {
  const session = await recordSession(fixture, 's1');
  await openSession(fixture, 'idle');
  await fixture.recorder.checkpoint();
  await fixture.recorder.checkpoint();
  session.note({ type: 'x' });
  await fixture.recorder.checkpoint();
  expect((await entries()).map(({ type, session: id, seq }) => [type, id, seq])).toEqual([
    ['session.opened', 's1', undefined],
    ['session.opened', 'idle', undefined],
    ['checkpoint', 's1', 8],
    ['checkpoint', 's1', 9],
  ]);
});

test('what a crash left live is sealed as interrupted, and verifies', async () => {
  await recordSession(fixture, 's1');
  const session = await openSession(fixture, 's2');
  session.note(commandEvent(1, 'SELECT pg_sleep(9)'));
  await session.durable();
  await fixture.reopen();
  await fixture.store.sessions.interrupt();
  expect(await fixture.store.sessions.get('s1')).toMatchObject({ state: 'interrupted', sealed: false, endedAt: null });
  expect(await verifyAll(fixture.store, fixture)).toMatchObject({ ok: true, sessions: 2, unsealed: 2 });
  expect(await fixture.recorder.prune(Date.now() + 1_000, 'root')).toEqual([]);
  expect([...(await fixture.recorder.sealInterrupted(RUNNING))].sort()).toEqual(['s1', 's2']);
  expect(await fixture.recorder.sealInterrupted(RUNNING)).toEqual([]);
  expect(await fixture.store.sessions.get('s1')).toMatchObject({ state: 'interrupted', sealed: true, commands: 2 });
  expect((await describeSession(fixture.store, 's2')).events).toMatchObject([{ type: 'command', state: 'unknown' }]);
  expect(await verifyAll(fixture.store, fixture)).toMatchObject({ ok: true, sessions: 2, unsealed: 0 });
});

test('sealing that is stopped is done at the next start', async () => {
  await recordSession(fixture, 's1');
  await fixture.reopen();
  await fixture.store.sessions.interrupt();
  expect(await fixture.recorder.sealInterrupted(AbortSignal.abort())).toEqual([]);
  expect(await fixture.store.sessions.get('s1')).toMatchObject({ state: 'interrupted', sealed: false });
  expect(await fixture.recorder.sealInterrupted(RUNNING)).toEqual(['s1']);
  expect(await verifyAll(fixture.store, fixture)).toMatchObject({ ok: true, unsealed: 0 });
});

test('a crashed session whose record is damaged is sealed as it was written, and does not verify', async () => {
  await recordSession(fixture, 's1');
  await fixture.store.close();
  const db = new DatabaseSync(join(fixture.dataDir, 'sallyport.db'));
  db.exec("UPDATE segments SET data = x'00'");
  db.close();
  await fixture.reopen();
  await fixture.store.sessions.interrupt();
  expect(await fixture.recorder.sealInterrupted(RUNNING)).toEqual(['s1']);
  expect(await verifyAll(fixture.store, fixture)).toMatchObject({ ok: false });
});

test('no field of an entry replaces what the log stores beside it', async () => {
  await fixture.recorder.log('note', { type: 'other', at: 5, session: 's', key: 'mine', text: 'x' });
  expect(await entries()).toMatchObject([{ type: 'note', text: 'x' }]);
  expect(await verifyAll(fixture.store, fixture)).toMatchObject({ ok: true });
});

test('without a key nothing can be recorded', async () => {
  const recorder = new Recorder({ store: fixture.store, version: '0', config: () => '' });
  await expect(recorder.open(newSession('s'), { durability: 'fast', results: 'full' })).rejects.toThrow(/without the evidence key/);
  expect((await recorder.log('config.checked', {})).signature.length).toBe(0);
});

test('results are kept in full, as a digest, or not', async () => {
  for (const policy of ['full', 'digest', 'none'] as const) {
    const session = await openSession(fixture, policy, policy);
    session.note(commandEvent(1, 'SELECT 1'));
    session.record('client', Buffer.from('q'));
    session.record('target', Buffer.from('abc'));
    session.note({ type: 'result', command: 1, state: 'completed', rows: 1, bytes: 3 });
    await session.end(END, 'ended');
  }
  const kinds = async (id: string) => (await collect(fixture.store.sessions.records(id))).map(({ kind }) => kind).join(' ');
  expect(await kinds('full')).toBe('event client target event event');
  expect(await kinds('digest')).toBe('event client event event');
  expect(await kinds('none')).toBe('event client event event');
  const result = async (id: string) => JSON.parse((await collect(fixture.store.sessions.events(id)))[1]?.body.toString() ?? '') as object;
  expect(await result('digest')).toMatchObject({ digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' });
  expect(await result('none')).not.toHaveProperty('digest');
});

test('sessions show folds what became of a command into it', async () => {
  const session = await openSession(fixture, 's');
  session.note(commandEvent(1, 'SELECT card FROM customers', { parameters: ['7', null] }));
  session.note({ type: 'result', command: 1, state: 'completed', rows: 3, bytes: 30, masked: { cards: 3 } });
  session.note(commandEvent(2, 'DROP TABLE a', { ruling: 'hold', rule: ['ddl'], approval: 'ap_1' }));
  session.note({ type: 'released', command: 2, approval: 'ap_1' });
  session.note({ type: 'result', command: 2, state: 'failed', rows: 0, bytes: 0, error: { code: '42P01', message: 'no table' } });
  session.note(commandEvent(3, 'DROP TABLE b', { ruling: 'hold', rule: ['ddl'] }));
  session.note({ type: 'denied', command: 3, approval: 'ap_2', reason: 'no' });
  session.note(commandEvent(4, 'DELETE FROM a', { ruling: 'deny', rule: ['unfiltered'] }));
  session.note(commandEvent(5, 'SELECT 5'));
  const live = await describeSession(fixture.store, 's').then(({ events }) => events.length);
  await session.durable();
  const during = await describeSession(fixture.store, 's');
  expect(during).toMatchObject({
    id: 's',
    target: 'shop-db',
    identity: 'alice',
    state: 'live',
    commands: 5,
    sealed: false,
    ended_at: null,
    facts: { application: 'psql' },
  });
  expect(live).toBeLessThanOrEqual(during.events.length);
  await session.end({ ...END, error: new GatewayError('ERR_ENDED', 'killed') }, 'failed');
  const { events, ended_at } = await describeSession(fixture.store, 's');
  expect(ended_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const base = { type: 'command', class: ['read'], verb: 'SELECT', relations: ['public.orders'] };
  expect(events).toMatchObject([
    {
      ...base,
      text: 'SELECT card FROM customers',
      parameters: ['7', null],
      ruling: 'allow',
      state: 'completed',
      rows: 3,
      bytes: 30,
      error: null,
      masked: { cards: 3 },
      approval: null,
      duration_ms: expect.any(Number),
    },
    { ...base, ruling: 'hold', state: 'failed', approval: 'ap_1', error: { code: '42P01', message: 'no table' }, masked: {} },
    { type: 'released', command: 2 },
    { ...base, ruling: 'hold', state: 'intended', approval: 'ap_2', rows: null, duration_ms: null },
    { type: 'denied', command: 3, reason: 'no' },
    { ...base, ruling: 'deny', state: 'intended' },
    { ...base, state: 'unknown' },
    { type: 'ended', state: 'failed', error: { code: 'ERR_ENDED', message: 'killed' } },
  ]);
  await expect(describeSession(fixture.store, 'none')).rejects.toThrow(/no session none/);
});

test('search finds commands and says whose', async () => {
  await recordSession(fixture, 's1');
  const [match, ...more] = await searchSessions(fixture.store, 'select 2', { identity: 'alice' });
  expect(more).toEqual([]);
  expect(match).toMatchObject({ session: { id: 's1', identity: 'alice' }, seq: 6, event: { type: 'command', text: 'SELECT 2' } });
});

test('pruning takes what ended before, never what lives', async () => {
  await (await recordSession(fixture, 'old')).end(END, 'ended');
  await recordSession(fixture, 'live');
  expect(await fixture.recorder.prune(1_000, 'root')).toEqual([]);
  expect(await fixture.recorder.prune(Date.now() + 1_000, 'root')).toEqual(['old']);
  expect((await fixture.store.sessions.list({})).map(sessionJson)).toMatchObject([{ id: 'live', acting_for: null }]);
  expect((await entries()).at(-1)).toMatchObject({ type: 'sessions.pruned', actor: 'root', sessions: ['old'] });
});

test('a store that is gone ends the session with a sentence', async () => {
  const session = await openSession(fixture, 's');
  await fixture.store.close();
  session.note({ type: 'x' });
  await expect(session.durable()).rejects.toMatchObject({ code: 'ERR_RECORDING' });
  await expect(session.end(END, 'failed')).rejects.toMatchObject({ code: 'ERR_RECORDING' });
  await expect(fixture.recorder.open(newSession('t'), { durability: 'fast', results: 'full' })).rejects.toMatchObject({
    code: 'ERR_RECORDING',
  });
});
