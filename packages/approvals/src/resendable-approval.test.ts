import { command, dana, idOf, openDesk, testStore } from '../test/desk.ts';

const store = testStore();
const again = { resendable: true };

describe('a command that may be sent again', () => {
  test('passes once after a yes that came while nobody waited, in another session', async () => {
    const { ask, approvals } = openDesk(store);
    const first = ask(again);
    first.defer?.();
    expect(await first.outcome).toMatchObject({ action: 'deny', message: expect.stringContaining('send the same request again') });
    await approvals.decide(idOf(first), dana, 'approve', null);
    const second = ask({ ...again, session: 's2', command: 5 });
    expect([second.grantedBy, await second.outcome]).toEqual([first.approval, { action: 'allow', command: 5 }]);
    const third = ask({ ...again, session: 's3' });
    expect(third.approval).not.toBe(first.approval);
    await approvals.stop('drained');
  });

  test('joins the question that is put already', async () => {
    const { ask, approvals } = openDesk(store);
    const first = ask(again);
    first.defer?.();
    const second = ask({ ...again, session: 's2', command: 2 });
    const third = ask({ ...again, session: 's3', command: 3 });
    expect([second.approval, third.approval]).toEqual([first.approval, first.approval]);
    await approvals.decide(idOf(first), dana, 'approve', null);
    expect(await second.outcome).toEqual({ action: 'allow', command: 2 });
    expect(await third.outcome).toMatchObject({ action: 'deny', command: 3 });
    await approvals.stop('drained');
  });

  test('is taken back by a client that leaves, unless it was told to come back', async () => {
    const { ask, approvals } = openDesk(store);
    const leaving = new AbortController();
    const first = ask(again, leaving.signal);
    leaving.abort();
    expect(await first.outcome).toMatchObject({ action: 'deny', cause: 'cancelled' });
    expect(ask({ ...again, session: 's2' }).approval).not.toBe(first.approval);
    await approvals.stop('drained');
  });

  test('is worth nothing to another identity, and a no answers for it', async () => {
    const { ask, approvals, clock } = openDesk(store);
    const first = ask(again);
    first.defer?.();
    await approvals.decide(idOf(first), dana, 'deny', 'not today');
    expect(await ask({ ...again, session: 's2' }).outcome).toMatchObject({ action: 'deny', message: expect.stringContaining('not today') });
    const bob = ask({ ...again, identity: { name: 'bob', kind: 'person', groups: [] } });
    expect(bob.approval).not.toBe(first.approval);
    clock.advance(60_000);
    expect(ask({ ...again, session: 's4' }).approval).toBeDefined();
    await approvals.stop('drained');
  });

  test('is one of a hundred that somebody may leave waiting: others still can ask', async () => {
    const { ask, approvals } = openDesk(store);
    for (let count = 0; count < 100; count += 1) ask({ ...again, subject: command(`PUT /${count}`, 'PUT') }).defer?.();
    const more = ask({ ...again, subject: command('PUT /more', 'PUT') });
    expect([more.approval, await more.outcome]).toMatchObject([undefined, { action: 'deny', message: expect.stringContaining('100') }]);
    expect(ask({ ...again, identity: { name: 'bob', kind: 'person', groups: [] } }).approval).toBeDefined();
    await approvals.stop('drained');
  });
});
