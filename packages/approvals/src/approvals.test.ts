import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError, type Identity } from '@sallyport/core';
import { openStore } from '@sallyport/store';
import fc from 'fast-check';
import { type Asking, command, dana, erin, gated, idOf, openDesk, requester, START, testStore } from '../test/desk.ts';

const store = testStore();

const allowed = { action: 'allow', command: 7 };
const stateOf = async (asked: { readonly approval?: string }) => (await store.approvals.get(idOf(asked)))?.state;

describe('a question', () => {
  test('names its id, whom it asks and how long it waits', () => {
    const { ask } = openDesk(store);
    const asked = ask();
    expect(asked.approval).toMatch(/^ap_[0-9a-f]{12}$/);
    expect(asked.notice).toBe(`approval ${asked.approval} asked of dba: waiting up to 10m (sallyport approvals approve ${asked.approval})`);
    const two = ask({ terms: { groups: ['dba', 'leads'], count: 2, timeoutMs: 30_000 } });
    expect(two.notice).toContain('asked of 2 of dba, leads: waiting up to 30s');
  });

  test('is on record in the stable form, with deceptive text escaped', async () => {
    const { ask, approvals } = openDesk(store);
    const agent: Identity = { name: 'copilot', kind: 'agent', groups: ['agents'], actingFor: 'alice' };
    const asked = ask({ identity: agent, subject: command('DROP \u202eTABLE\n x\u0000'), context: { search_path: 'a\nb' } });
    const decision = await approvals.decide(idOf(asked), dana, 'approve', 'go\u001b[2J');
    expect(decision).toEqual({ result: 'ok', state: 'approved', missing: 0 });
    const requested_at = new Date(START).toISOString();
    const listed = {
      id: asked.approval,
      state: 'approved',
      identity: 'copilot',
      target: 'shop-db',
      session: 's1',
      command: 'DROP \\u{202e}TABLE\n x\\u{0}',
      rule: 'schema changes need a DBA',
      requested_at,
      expires_at: new Date(START + 600_000).toISOString(),
      approvals: [{ approver: 'dana', verdict: 'approve', reason: 'go\\u{1b}[2J', at: requested_at }],
    };
    expect((await approvals.list({})).find(({ id }) => id === asked.approval)).toEqual(listed);
    const detail = {
      acting_for: 'alice',
      context: { search_path: 'a\\u{a}b' },
      groups: ['dba'],
      count: 1,
      grant: 'once',
      grant_until: null,
    };
    expect(await approvals.show(idOf(asked))).toMatchObject({ ...listed, ...detail, settled_at: requested_at, reason: null });
    expect(await approvals.show('ap_none')).toBeUndefined();
  });

  test('binds session, people, target, digest and context, but not the locks that are shown with it', async () => {
    const { ask } = openDesk(store);
    const digest = async (more: Asking) => {
      const asked = ask(more);
      asked.cancel('done');
      await asked.outcome;
      return (await store.approvals.get(idOf(asked)))?.digest;
    };
    const context = { current_user: 'app', search_path: 'public' };
    const first = await digest({ context });
    expect(await digest({ context: { search_path: 'public', current_user: 'app', locks: 'orders' } })).toBe(first);
    const others = [
      { session: 's2' },
      { identity: dana },
      { identity: { ...requester, actingFor: 'x' } },
      { target: 't' },
      { subject: command('x') },
      { context: { ...context, search_path: 'evil' } },
    ];
    const digests = await Promise.all(others.map(digest));
    expect(new Set([first, ...digests]).size).toBe(1 + others.length);
  });
});

describe('an outcome', () => {
  test('is allowed once as many different people have approved as are needed', async () => {
    const { ask, approvals, clock } = openDesk(store);
    const asked = ask({ terms: { count: 2 } });
    expect(await approvals.decide(idOf(asked), dana, 'approve', null)).toEqual({ result: 'ok', state: 'pending', missing: 1 });
    expect(await approvals.decide(idOf(asked), dana, 'approve', null)).toMatchObject({ result: 'voted' });
    expect(await approvals.decide(idOf(asked), erin, 'approve', null)).toEqual({ result: 'ok', state: 'approved', missing: 0 });
    expect(await asked.outcome).toEqual(allowed);
    expect(clock.armed()).toBe(0);
  });

  test('is denied by one person, with the reason, whatever was said before', async () => {
    const { ask, approvals } = openDesk(store);
    const asked = ask({ terms: { count: 2 } });
    await approvals.decide(idOf(asked), dana, 'approve', null);
    await approvals.decide(idOf(asked), erin, 'deny', 'not on a Friday');
    expect(await asked.outcome).toMatchObject({
      action: 'deny',
      cause: 'denied',
      message: `erin denied it: not on a Friday (approval ${asked.approval}).`,
    });
    expect(await approvals.decide(idOf(asked), { ...dana, name: 'fay' }, 'approve', null)).toMatchObject({
      result: 'settled',
      message: expect.stringContaining(`${asked.approval} was denied by erin at `),
    });
  });

  test('is durable before it is known', async () => {
    const { ask, approvals } = openDesk(store);
    const asked = ask();
    void approvals.decide(idOf(asked), dana, 'approve', null);
    await asked.outcome;
    expect(await stateOf(asked)).toBe('approved');
    const types: string[] = [];
    for await (const { type, body } of store.log.entries()) if (body.includes(idOf(asked))) types.push(type);
    expect(types).toEqual(['approval.asked', 'approval.voted', 'approval.settled']);
  });

  test('expires at its end and not before', async () => {
    const { ask, approvals, clock } = openDesk(store);
    const asked = ask({ terms: { timeoutMs: 30_000, count: 2 } });
    await approvals.decide(idOf(asked), dana, 'approve', null);
    clock.advance(29_999);
    expect(await stateOf(asked)).toBe('pending');
    clock.advance(1);
    expect(await asked.outcome).toMatchObject({
      cause: 'expired',
      message: `Only 1 of 2 people approved it within 30s (approval ${asked.approval}).`,
    });
    expect(await approvals.decide(idOf(asked), erin, 'approve', null)).toMatchObject({ result: 'settled' });
  });

  test('waits longer than a timer can count', async () => {
    const { ask, clock } = openDesk(store);
    const asked = ask({ terms: { timeoutMs: 2 ** 32 } });
    clock.advance(2 ** 31);
    expect(clock.armed()).toBe(1);
    clock.advance(2 ** 31);
    expect(await asked.outcome).toMatchObject({ cause: 'expired' });
  });

  test('is cancelled when the client leaves, and says why a session was ended', async () => {
    const { ask, client, approvals } = openDesk(store);
    const asked = ask();
    const other = new AbortController();
    const revoked = ask({}, other.signal);
    client.abort();
    other.abort(new GatewayError('ERR_ENDED', 'This gateway token was revoked.'));
    expect(await asked.outcome).toMatchObject({
      cause: 'cancelled',
      message: `Not run: the client left or cancelled it (approval ${asked.approval}).`,
    });
    expect(await revoked.outcome).toMatchObject({ message: `Not run: This gateway token was revoked (approval ${revoked.approval}).` });
    expect(await stateOf(asked)).toBe('cancelled');
    expect(ask().approval).toBeUndefined();
    expect(await approvals.decide(idOf(asked), dana, 'approve', null)).toMatchObject({ result: 'settled' });
  });

  test('can be taken back after it was approved', async () => {
    const { ask, approvals } = openDesk(store);
    const asked = ask({ terms: { grant: 'rule', forMs: 60_000 } });
    await approvals.decide(idOf(asked), dana, 'approve', null);
    expect(await asked.outcome).toEqual(allowed);
    expect(asked.cancel('search_path changed')).toMatchObject({ action: 'deny', command: 7, cause: 'cancelled' });
    const again = ask({ terms: { grant: 'rule', forMs: 60_000 } });
    await approvals.stop('drained');
    expect(again.approval).toBeDefined(); // the grant went with it
    expect(await store.approvals.get(idOf(asked))).toMatchObject({ state: 'cancelled', reason: 'search_path changed' });
  });

  test('is untouched by a client that leaves after its command was allowed', async () => {
    const { ask, approvals, client } = openDesk(store);
    const asked = ask();
    await approvals.decide(idOf(asked), dana, 'approve', null);
    await asked.outcome;
    client.abort();
    await approvals.stop('drained');
    expect(await stateOf(asked)).toBe('approved');
  });
});

describe('races', () => {
  test('of two approvers are decided once', async () => {
    const { ask, approvals } = openDesk(store);
    const asked = ask();
    const results = await Promise.all([dana, erin].map((person) => approvals.decide(idOf(asked), person, 'approve', null)));
    expect(results.map(({ result }) => result).sort()).toEqual(['ok', 'settled']);
    expect(await asked.outcome).toEqual(allowed);
    expect((await store.approvals.get(idOf(asked)))?.votes).toHaveLength(1);
  });

  test('of approve and deny end as the first said', async () => {
    const { ask, approvals } = openDesk(store);
    const asked = ask();
    const [denied, approved] = await Promise.all([
      approvals.decide(idOf(asked), dana, 'deny', null),
      approvals.decide(idOf(asked), erin, 'approve', null),
    ]);
    expect([denied.result, approved.result]).toEqual(['ok', 'settled']);
    expect((await asked.outcome).action).toBe('deny');
  });

  test('of an approval and the end of its time go to the end, even where the timer is late', async () => {
    const { ask, approvals, clock } = openDesk(store);
    const timely = ask({ terms: { timeoutMs: 1000 } });
    const late = ask({ terms: { timeoutMs: 1000 } });
    clock.now += 1000; // the timer has not fired yet
    expect(await approvals.decide(idOf(late), dana, 'approve', null)).toMatchObject({ result: 'settled' });
    const voting = approvals.decide(idOf(timely), dana, 'approve', null);
    clock.advance(0);
    expect(await voting).toMatchObject({ result: 'settled' });
    for (const asked of [timely, late]) expect(await asked.outcome).toMatchObject({ cause: 'expired' });
  });

  test.each(['insert', 'vote', 'settle'] as const)(
    'of an approval and a client that leaves while %s reaches the disk go to the client',
    async (method) => {
      const gate = gated(store.approvals);
      const { ask, approvals, client } = openDesk({ approvals: gate.hold(method) });
      const asked = ask({ terms: { grant: 'rule', forMs: 60_000 } });
      const decision = approvals.decide(idOf(asked), dana, 'approve', null);
      await gate.reached;
      client.abort();
      gate.release();
      expect(await asked.outcome).toMatchObject({ action: 'deny', cause: 'cancelled' });
      expect(await decision).toMatchObject({ result: 'settled', message: expect.stringContaining('the client left') });
      expect(await stateOf(asked)).toBe('cancelled');
      expect(ask({ terms: { grant: 'rule', forMs: 60_000 } }, new AbortController().signal).approval).toBeDefined();
      await approvals.stop('drained');
    },
  );

  test('of anything settle once, as the store has it', async () => {
    const step = fc.constantFrom('dana', 'erin', 'deny', 'abort', 'expire', 'cancel', 'yield');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const { ask, approvals, clock, client } = openDesk(store);
        const asked = ask({ terms: { count: 2, timeoutMs: 1000 } });
        const pending: Promise<unknown>[] = [];
        for (const one of steps) {
          if (one === 'dana' || one === 'erin') pending.push(approvals.decide(idOf(asked), one === 'dana' ? dana : erin, 'approve', null));
          else if (one === 'deny') pending.push(approvals.decide(idOf(asked), { ...dana, name: 'fay' }, 'deny', null));
          else if (one === 'abort') client.abort();
          else if (one === 'expire') clock.advance(1000);
          else if (one === 'cancel') asked.cancel('the context changed');
          else await new Promise(setImmediate);
        }
        await Promise.all(pending);
        await approvals.stop('drained');
        const outcome = await asked.outcome;
        const row = await store.approvals.get(idOf(asked));
        const cause = outcome.action === 'allow' ? 'approved' : outcome.cause;
        if (!steps.includes('cancel')) expect(row?.state).toBe(cause);
        else expect([cause, 'cancelled']).toContain(row?.state);
        if (outcome.action === 'allow') expect(row?.votes.filter(({ verdict }) => verdict === 'approve')).toHaveLength(2);
      }),
      { numRuns: 150 },
    );
  });
});

describe('after a death', () => {
  test('the store, opened again, holds no question that anybody could still answer', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-approvals-'));
    const before = await openStore({ dataDir, mode: 'serve' });
    const { ask, approvals } = openDesk(before);
    const [waiting, half, done] = [ask(), ask({ terms: { count: 2 } }), ask()];
    await approvals.decide(idOf(half), dana, 'approve', null);
    await approvals.decide(idOf(done), dana, 'approve', null);
    await before.close();
    const after = await openStore({ dataDir, mode: 'serve' });
    try {
      const desk = openDesk(after);
      await desk.approvals.recover();
      const states = (await desk.approvals.list({})).map(({ id, state }) => [id, state]);
      expect(new Map(states as [string, string][])).toEqual(
        new Map([
          [waiting.approval, 'cancelled'],
          [half.approval, 'cancelled'],
          [done.approval, 'approved'],
        ]),
      );
      expect(await desk.approvals.decide(idOf(half), erin, 'approve', null)).toMatchObject({ result: 'settled' });
      expect(desk.ask().grantedBy).toBeUndefined(); // what was approved once is not approved again
      await desk.approvals.stop('drained');
    } finally {
      await after.close();
      rmSync(dataDir, { recursive: true });
    }
  });

  test('what waited is cancelled, and nobody can approve it; what was approved stays so', async () => {
    const dead = openDesk(store);
    const waiting = dead.ask();
    const approved = dead.ask();
    await dead.approvals.decide(idOf(approved), dana, 'approve', null);
    const { approvals } = openDesk(store);
    await approvals.recover();
    expect(await store.approvals.get(idOf(waiting))).toMatchObject({ state: 'cancelled', reason: 'the gateway was restarted' });
    expect(await stateOf(approved)).toBe('approved');
    expect(await approvals.decide(idOf(waiting), dana, 'approve', null)).toMatchObject({
      result: 'settled',
      message: expect.stringContaining('restarted'),
    });
    // The dead one's own hand comes too late as well.
    await expect(dead.approvals.decide(idOf(waiting), dana, 'approve', null)).rejects.toMatchObject({ code: 'ERR_RECORDING' });
    expect(await waiting.outcome).toMatchObject({ cause: 'cancelled' });
  });

  test('of the store a command does not run', async () => {
    const broken = () => Promise.reject(new GatewayError('ERR_RECORDING', 'disk full'));
    const unasked = openDesk({ approvals: { ...store.approvals, insert: broken } }).ask();
    expect(await unasked.outcome).toMatchObject({
      cause: 'cancelled',
      message: `Not run: the approval ${unasked.approval} could not be recorded.`,
    });
    const { ask, approvals } = openDesk({ approvals: { ...store.approvals, settle: broken } });
    const asked = ask();
    await expect(approvals.decide(idOf(asked), dana, 'approve', null)).rejects.toMatchObject({ code: 'ERR_RECORDING' });
    expect(await asked.outcome).toMatchObject({ action: 'deny', cause: 'cancelled' });
  });
});

test('too many at once are refused', async () => {
  const memory = { ...store.approvals, insert: () => Promise.resolve(), settle: () => Promise.resolve(true) };
  const { ask, approvals } = openDesk({ approvals: memory });
  for (let i = 0; i < 1000; i++) expect(ask().approval).toBeDefined();
  expect(await ask().outcome).toMatchObject({ action: 'deny', cause: 'denied', message: expect.stringContaining('1000 commands wait') });
  await approvals.stop('drained');
  expect(ask().approval).toBeDefined();
});
