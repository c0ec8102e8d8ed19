import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Store } from '@sallyport/core';
import { approvalRow, collect, newEntry, tokenRow } from '../test/rows.ts';
import { openStore } from './index.ts';

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

describe('tokens', () => {
  test('come back as they were, by id, hash and user', async () => {
    const row = tokenRow('t1', { targets: ['a*'], maxSessions: 2 });
    await store.tokens.insert(row, newEntry('token.minted'));
    expect(await store.tokens.get('t1')).toEqual(row);
    expect(await store.tokens.bySha256(row.sha256)).toEqual(row);
    expect(await store.tokens.byUser('alice')).toEqual([row]);
    expect(await store.tokens.bySha256(Buffer.alloc(32))).toBeUndefined();
  });

  test('are used no more often than allowed, also when asked at once', async () => {
    await store.tokens.insert(tokenRow('t1', { maxSessions: 3 }), newEntry('token.minted'));
    const uses = await Promise.all(Array.from({ length: 8 }, () => store.tokens.use('t1', 10)));
    expect(uses.filter(Boolean).length).toBe(3);
    expect((await store.tokens.get('t1'))?.sessions).toBe(3);
    await store.tokens.insert(tokenRow('t2', { expiresAt: 100 }), newEntry('token.minted'));
    expect(await store.tokens.use('t2', 100)).toBe(false);
    expect(await store.tokens.use('t2', 99)).toBe(true);
    expect(await store.tokens.use('none', 1)).toBe(false);
  });

  test('revoking takes the whole family, once; making and revoking change the version, using does not', async () => {
    const versions = [await store.tokens.version()];
    for (const [id, parent] of [
      ['a', null],
      ['b', 'a'],
      ['c', 'b'],
      ['d', null],
    ] as const) {
      await store.tokens.insert(tokenRow(id, { parent }), newEntry('token.minted'));
    }
    versions.push(await store.tokens.version());
    expect(await store.tokens.revoke('a', 50, newEntry('token.revoked'))).toBe(true);
    versions.push(await store.tokens.version());
    expect(await store.tokens.revoke('a', 51, newEntry('token.revoked'))).toBe(false);
    expect((await store.tokens.list()).map(({ id, revokedAt }) => [id, revokedAt])).toEqual([
      ['a', 50],
      ['b', 50],
      ['c', 50],
      ['d', null],
    ]);
    expect(await store.tokens.use('c', 60)).toBe(false);
    expect(await store.tokens.use('d', 60)).toBe(true);
    expect(await store.tokens.version()).toBe(versions.at(-1));
    expect(new Set(versions).size).toBe(3);
    expect((await collect(store.log.entries())).length).toBe(5);
  });
});

describe('approvals', () => {
  test('are settled exactly once, however many try', async () => {
    await store.approvals.insert(approvalRow('p'), newEntry('approval.asked'));
    const tries = Array.from({ length: 10 }, (_, i) =>
      store.approvals.settle('p', 'pending', i % 2 ? 'approved' : 'denied', i, `r${i}`, newEntry('approval.settled')),
    );
    expect((await Promise.all(tries)).filter(Boolean).length).toBe(1);
    expect((await collect(store.log.entries())).length).toBe(2);
    expect((await store.approvals.get('p'))?.state).not.toBe('pending');
  });

  test('count a person once, and only while pending', async () => {
    await store.approvals.insert(approvalRow('p'), newEntry('approval.asked'));
    const vote = (approver: string) =>
      store.approvals.vote('p', { approver, verdict: 'approve', reason: null, at: 1 }, newEntry('approval.vote'));
    expect(await Promise.all([vote('dana'), vote('dana'), vote('eve')])).toEqual([true, false, true]);
    await store.approvals.settle('p', 'pending', 'approved', 2, null, newEntry('approval.settled'));
    expect(await vote('zoe')).toBe(false);
    expect((await store.approvals.get('p'))?.votes.map(({ approver }) => approver)).toEqual(['dana', 'eve']);
  });

  test('a grant covers its key until its end', async () => {
    const grant = { state: 'approved', grant: 'exact', grantUntil: 100, grantKey: 'k' } as const;
    await store.approvals.insert(approvalRow('p', grant), newEntry('approval.asked'));
    await store.approvals.insert(approvalRow('q', { ...grant, grant: 'once', grantUntil: null }), newEntry('approval.asked'));
    expect((await store.approvals.grants('k', 99)).map(({ id }) => id)).toEqual(['p']);
    expect(await store.approvals.grants('k', 100)).toEqual([]);
    expect(await store.approvals.grants('other', 1)).toEqual([]);
    expect((await store.approvals.list({ state: 'approved', limit: 1 })).length).toBe(1);
    expect(await store.approvals.get('p')).toEqual(approvalRow('p', grant));
  });
});
