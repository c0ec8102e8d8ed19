import { compileAccess } from './access.ts';
import type { ApprovalSpec } from './config.ts';

const alice = { name: 'alice', kind: 'person', groups: ['developers'] } as const;
const oncall = { name: 'olga', kind: 'person', groups: ['oncall'] } as const;
const shop = { name: 'shop-db', protocol: 'postgres', labels: { env: 'prod' } };
const approval: ApprovalSpec = {
  groups: ['leads'],
  count: 1,
  timeoutMs: 600_000,
  transactionTimeoutMs: 30_000,
  grant: 'rule',
  forMs: 3_600_000,
};

test('nothing listed, nobody in', () => expect(compileAccess([])(alice, shop)).toEqual({ allowed: false }));

test('group and glob let in; another group and another target do not', () => {
  const access = compileAccess([{ groups: ['developers', 'agents'], targets: ['shop-*'] }]);
  expect(access(alice, shop)).toEqual({ allowed: true });
  expect(access(oncall, shop)).toEqual({ allowed: false });
  expect(access(alice, { ...shop, name: 'payroll' })).toEqual({ allowed: false });
});

test('labels must all be carried; keys of an entry must all hold', () => {
  const access = compileAccess([{ groups: ['oncall'], users: ['o*'], labels: { env: ['prod', 'stage'] } }]);
  expect(access(oncall, shop)).toEqual({ allowed: true });
  expect(access({ ...oncall, name: 'mia' }, shop)).toEqual({ allowed: false });
  expect(access(oncall, { ...shop, labels: {} })).toEqual({ allowed: false });
  expect(access(oncall, { ...shop, labels: { env: 'test' } })).toEqual({ allowed: false });
});

test('a direct entry beats one with approval, wherever it stands', () => {
  const asks = { groups: ['oncall'], labels: { env: ['prod'] }, approval };
  const direct = { users: ['olga'], targets: ['*'] };
  expect(compileAccess([asks])(oncall, shop)).toEqual({ allowed: true, approval });
  expect(compileAccess([asks, direct])(oncall, shop)).toEqual({ allowed: true });
  expect(compileAccess([direct, asks])(oncall, shop)).toEqual({ allowed: true });
});

test('an entry that names nobody or no place lets nobody in', () => {
  expect(compileAccess([{ targets: ['*'] }])(alice, shop)).toEqual({ allowed: false });
  expect(compileAccess([{ groups: ['developers'] }])(alice, shop)).toEqual({ allowed: false });
});
