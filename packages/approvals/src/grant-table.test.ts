import { type Asking, command, dana, idOf, openDesk, requester, testStore } from '../test/desk.ts';

const store = testStore();

describe('a grant', () => {
  const drop = (text: string, shape: string) => ({ subject: command(text, shape) });

  async function granted(grant: 'once' | 'exact' | 'shape' | 'rule') {
    const desk = openDesk(store);
    const terms = { grant, forMs: 60_000 };
    const first = desk.ask({ ...drop('DELETE 1', 'DELETE $'), terms });
    await desk.approvals.decide(idOf(first), dana, 'approve', null);
    await first.outcome;
    const covers = (more: Asking) => desk.ask({ ...drop('DELETE 1', 'DELETE $'), terms, ...more }).grantedBy === first.approval;
    return { ...desk, covers };
  }

  test.each([
    ['once', false, false, false],
    ['exact', true, false, false],
    ['shape', true, true, false],
    ['rule', true, true, true],
  ] as const)('for %s covers the same text: %s, the same shape: %s, the same rule: %s', async (grant, text, shape, rule) => {
    const { covers, approvals } = await granted(grant);
    expect([covers({}), covers(drop('DELETE 2', 'DELETE $')), covers(drop('DROP', 'DROP'))]).toEqual([text, shape, rule]);
    await approvals.stop('drained');
  });

  test('needs nobody, and can still be withdrawn from', async () => {
    const { ask } = await granted('rule');
    const asked = ask({ terms: { grant: 'rule', forMs: 60_000 }, command: 9 });
    expect(asked).toMatchObject({ outcome: expect.any(Promise) });
    expect([asked.approval, asked.notice]).toEqual([undefined, undefined]);
    expect(await asked.outcome).toEqual({ action: 'allow', command: 9 });
    expect(asked.cancel('role changed')).toMatchObject({ action: 'deny', command: 9, cause: 'cancelled' });
  });

  test('ends absolutely, however often it is used', async () => {
    const { covers, clock, approvals } = await granted('rule');
    clock.advance(59_999);
    expect(covers({})).toBe(true);
    clock.advance(1);
    expect(covers({})).toBe(false);
    await approvals.stop('drained');
  });

  test('is worth nothing to another session, identity, target, rule or context', async () => {
    const { covers, approvals } = await granted('rule');
    expect(covers({ session: 's2' })).toBe(false);
    expect(covers({ identity: { ...requester, name: 'bob' } })).toBe(false);
    expect(covers({ identity: { ...requester, actingFor: 'bob' } })).toBe(false);
    expect(covers({ target: 'crm' })).toBe(false);
    expect(covers({ rule: 'another' })).toBe(false);
    expect(covers({ context: { current_user: 'root', search_path: 'public' } })).toBe(false);
    await approvals.stop('drained');
  });

  test('of access outlives its session and a restart, until its end', async () => {
    const desk = openDesk(store);
    const access = {
      subject: { type: 'access', text: 'connect' } as const,
      rule: 'oncall',
      terms: { grant: 'rule' as const, forMs: 60_000 },
    };
    const first = desk.ask({ ...access, session: 's1' });
    await desk.approvals.decide(idOf(first), dana, 'approve', null);
    expect(desk.ask({ ...access, session: 's2' }).grantedBy).toBe(first.approval);
    const restarted = openDesk(store);
    await restarted.approvals.recover();
    expect(restarted.ask({ ...access, session: 's3' }).grantedBy).toBe(first.approval);
    restarted.clock.advance(60_000);
    expect(restarted.ask({ ...access, session: 's4' }).grantedBy).toBeUndefined();
    await restarted.approvals.stop('drained');
  });
});
