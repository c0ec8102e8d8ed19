import type { Identity } from '@sallyport/core';
import { dana, idOf, openDesk, requester, testStore } from '../test/desk.ts';

const store = testStore();

describe('who may decide', () => {
  const agent: Identity = { name: 'copilot', kind: 'agent', groups: ['dba'], actingFor: 'alice' };
  const cases: [string, Identity, Identity, 'approve' | 'deny', string][] = [
    ['somebody else of the groups', requester, dana, 'approve', 'ok'],
    ['who asked, though in the groups', requester, requester, 'approve', 'self-approval'],
    ['who asked may say no', requester, requester, 'deny', 'ok'],
    ['the person behind an agent', agent, requester, 'approve', 'self-approval'],
    ['the person behind an agent may say no', agent, requester, 'deny', 'ok'],
    ['somebody who acts for who asked', requester, { ...dana, actingFor: 'alice' }, 'approve', 'self-approval'],
    ['somebody who acts for the person behind the agent', agent, { ...dana, actingFor: 'alice' }, 'approve', 'self-approval'],
    ['the agent itself', agent, agent, 'approve', 'agent'],
    ['an agent acting for who asked', requester, agent, 'approve', 'agent'],
    ['any agent', requester, { ...agent, actingFor: 'zoe' }, 'approve', 'agent'],
    ['an agent, to say no', requester, agent, 'deny', 'agent'],
    ['a stranger to the groups', requester, { ...dana, groups: ['leads'] }, 'approve', 'not-in-groups'],
    ['a stranger to the groups, to say no', requester, { ...dana, groups: [] }, 'deny', 'not-in-groups'],
  ];
  test.each(cases)('%s', async (_, identity, approver, verdict, result) => {
    const { ask, approvals } = openDesk(store);
    const asked = ask({ identity });
    expect(await approvals.decide(idOf(asked), approver, verdict, null)).toMatchObject({ result });
    await approvals.stop('drained');
  });

  test('nobody, where no groups are named; and nothing is known of other ids', async () => {
    const { ask, approvals } = openDesk(store);
    expect(await approvals.decide(idOf(ask({ terms: { groups: [] } })), dana, 'approve', null)).toMatchObject({ result: 'not-in-groups' });
    expect(await approvals.decide('ap_\u001b', dana, 'approve', null)).toEqual({
      result: 'unknown',
      message: 'There is no approval "ap_\\u001b".',
    });
    await approvals.stop('drained');
  });
});
