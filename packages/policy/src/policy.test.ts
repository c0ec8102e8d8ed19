import type { Classification } from '@sallyport/core';
import type { ApprovalSpec, Match, PolicyConfig, Rule } from './config.ts';
import { compilePolicy } from './policy.ts';

const approval: ApprovalSpec = { groups: ['dba'], count: 1, timeoutMs: 600_000, transactionTimeoutMs: 30_000, grant: 'once' };
const subject = {
  identity: { name: 'alice', kind: 'person', groups: ['developers'] },
  target: { name: 'shop-db', protocol: 'postgres', labels: { env: 'prod' } },
  tokenClasses: [],
} as const;
const agent = { ...subject, identity: { name: 'copilot', kind: 'agent', groups: ['agents'] } } as const;

const command = (over: Partial<Classification>): Classification => ({
  class: ['read'],
  verbs: ['SELECT'],
  relations: [],
  unfiltered: false,
  ...over,
});
const select = command({ relations: ['public.orders'] });
const update = command({ class: ['write'], verbs: ['UPDATE'], relations: ['public.orders'] });
const drop = command({ class: ['ddl'], verbs: ['DROP TABLE'], relations: ['public.orders'] });
const doBlock = command({ class: ['unknown'], verbs: ['DO'], reason: 'A DO block can run anything.' });

const rule = (over: Partial<Rule> & Pick<Rule, 'action'>): Rule => ({
  name: 'r',
  match: {},
  enforce: true,
  ...(over.action === 'hold' ? { approval } : {}),
  ...over,
});
const policy = (...rules: Rule[]) =>
  compilePolicy({
    access: [],
    defaults: { person: ['read', 'write', 'session'], agent: ['read', 'session'] },
    rules,
  } satisfies PolicyConfig);

describe('defaults', () => {
  test('pass by kind', () => {
    expect(policy().judge(subject, update)).toMatchObject({ action: 'allow', rules: [], reason: 'By default write passes.' });
    expect(policy().judge(agent, update).action).toBe('deny');
  });

  test('say what is denied, where, and what lifts it', () => {
    expect(policy().judge(subject, drop).message).toBe(
      'DROP TABLE on public.orders (class ddl) is denied: ddl does not pass for a person without a rule. A rule that allows or holds ddl lifts it.',
    );
    expect(policy().judge(agent, doBlock).message).toContain('A DO block can run anything.');
  });

  test('an empty class counts as unknown', () => expect(policy().judge(subject, command({ class: [] })).action).toBe('deny'));

  test('every class of a text must pass', () => {
    const mixed = command({ class: ['read', 'ddl'], verbs: ['SELECT', 'DROP TABLE'], relations: ['public.orders'] });
    expect(policy(rule({ action: 'allow', match: { class: ['read'] } })).judge(subject, mixed).action).toBe('deny');
    expect(policy(rule({ action: 'allow', match: { class: ['ddl'] } })).judge(subject, mixed)).toMatchObject({
      action: 'allow',
      rules: ['r'],
      reason: 'Allowed by "r".',
    });
  });

  test('several rules cover a text together', () => {
    const both = command({ class: ['ddl', 'admin'] });
    const ddl = rule({ name: 'a', action: 'allow', match: { class: ['ddl'] } });
    const admin = rule({ name: 'b', action: 'allow', match: { class: ['admin'] } });
    expect(policy(ddl).judge(subject, both).action).toBe('deny');
    expect(policy(ddl, admin).judge(subject, both)).toMatchObject({ action: 'allow', rules: ['a', 'b'] });
  });
});

describe('what launders', () => {
  const launders = command({ class: ['write'], verbs: ['INSERT'], relations: ['public.orders'], launders: true });
  const leads = { ...approval, groups: ['leads'] };
  const shared = { ...approval, groups: ['dba', 'leads'], grant: 'rule', forMs: 1000 } as const;
  const ddl = rule({ name: 'ddl', action: 'hold', match: { class: ['ddl'] }, approval: shared });

  test('waits for those who may approve all that is held for the session, once', () => {
    const { action, rules, approval: asked, reason } = policy(ddl).judge(subject, launders);
    expect({ action, rules, asked }).toEqual({
      action: 'hold',
      rules: [],
      asked: { groups: ['dba', 'leads'], count: 1, timeoutMs: 600_000, transactionTimeoutMs: 30_000, grant: 'once' },
    });
    expect(reason).toContain('masked columns');
    const other = rule({ name: 'other', action: 'hold', match: { verb: ['DELETE'] }, approval: leads });
    expect(policy(ddl, other).judge(subject, launders).approval?.groups).toEqual(['leads']);
  });

  test('waits for whom a rule that holds it names, and a lasting grant of that rule does not cover it', () => {
    const writes = rule({
      name: 'writes',
      action: 'hold',
      match: { class: ['write'] },
      approval: { ...leads, grant: 'rule', forMs: 1000 },
    });
    expect(policy(ddl, writes).judge(subject, launders)).toMatchObject({
      action: 'hold',
      rules: ['writes'],
      approval: { groups: ['leads'], grant: 'once' },
    });
  });

  test.each([
    ['nobody approves anything', subject, []],
    [
      'no group approves everything',
      subject,
      [ddl, rule({ name: 'o', action: 'hold', approval: { ...approval, groups: ['others'] }, match: { verb: ['X'] } })],
    ],
    ['approvers of others do not count', subject, [rule({ action: 'hold', match: { users: ['bob'] } })]],
    ['approvers of a rule in shadow mode do not count', subject, [rule({ action: 'hold', match: { class: ['ddl'] }, enforce: false })]],
    ['an agent asks', { ...agent, tokenClasses: [] }, [ddl, rule({ name: 'w', action: 'allow', match: { class: ['write'] } })]],
  ] as const)('is denied with the rule to write where %s', (_why, who, rules) => {
    const { action, message } = policy(...rules).judge(who, launders);
    expect(action).toBe('deny');
    expect(message).toMatch(/masked columns.*launders: true/);
  });

  test('a rule that speaks of it decides, for better or worse', () => {
    const speaks = (over: Partial<Rule> & Pick<Rule, 'action'>): Rule => rule({ match: { launders: true }, ...over });
    expect(policy(speaks({ action: 'allow' })).judge(subject, launders).action).toBe('allow');
    expect(policy(speaks({ action: 'deny' }), ddl).judge(subject, launders)).toMatchObject({ action: 'deny', rules: ['r'] });
    expect(policy(speaks({ action: 'hold', approval: { ...leads, grant: 'rule' } }), ddl).judge(subject, launders)).toMatchObject({
      action: 'hold',
      rules: ['r'],
      approval: { groups: ['leads'], grant: 'rule' },
    });
    expect(policy(speaks({ action: 'allow', enforce: false })).judge(subject, launders).action).toBe('deny');
    expect(policy(speaks({ action: 'deny' })).judge(subject, { ...launders, launders: false }).action).toBe('allow');
    expect(policy(rule({ action: 'allow', match: { class: ['write'] } })).judge(subject, launders).action).toBe('deny');
  });
});

describe('rules', () => {
  test("a rule's message stands verbatim", () => {
    const none = rule({ action: 'deny', match: { kind: ['agent'], unfiltered: true }, message: 'add a WHERE clause' });
    const all = command({ class: ['read'], unfiltered: true });
    expect(policy(none).judge(agent, all)).toMatchObject({ action: 'deny', rules: ['r'], message: 'add a WHERE clause' });
    expect(policy(none).judge(subject, all).action).toBe('allow');
    expect(policy({ ...none, match: { unfiltered: true } }).judge(subject, select).action).toBe('allow');
  });

  test('without a message the denial names the rule and its mend', () => {
    const none = rule({ name: 'no floods', action: 'deny', match: { unfiltered: true } });
    expect(policy(none).judge(subject, { ...update, unfiltered: true }).message).toBe(
      'UPDATE on public.orders (class write) is denied by the rule "no floods". A WHERE clause that selects rows lifts it.',
    );
  });

  test('deny beats hold beats allow', () => {
    const three = [rule({ name: 'a', action: 'allow' }), rule({ name: 'h', action: 'hold' }), rule({ name: 'd', action: 'deny' })];
    expect(policy(...three).judge(subject, drop)).toMatchObject({ action: 'deny', rules: ['d'] });
    expect(policy(...three.slice(0, 2)).judge(subject, drop)).toMatchObject({ action: 'hold', rules: ['h'], approval });
  });

  test('a hold on ddl or privilege also catches unknown, an allow does not', () => {
    expect(policy(rule({ action: 'hold', match: { class: ['ddl', 'privilege'] } })).judge(subject, doBlock).action).toBe('hold');
    expect(policy(rule({ action: 'deny', match: { class: ['privilege'] } })).judge(subject, doBlock).rules).toEqual(['r']);
    expect(policy(rule({ action: 'allow', match: { class: ['ddl'] } })).judge(subject, doBlock).action).toBe('deny');
    expect(policy(rule({ action: 'hold', match: { class: ['write'] } })).judge(subject, doBlock)).toMatchObject({
      action: 'deny',
      rules: [],
    });
  });

  test('a hold lets no class pass that it does not name', () => {
    const both = command({ class: ['ddl', 'admin'] });
    expect(policy(rule({ action: 'hold', match: { class: ['ddl'] } })).judge(subject, both).action).toBe('deny');
    expect(policy(rule({ action: 'hold' })).judge(subject, both).action).toBe('hold');
  });

  test('unless exempts from a denial only what it wholly means, from an allow whatever it may mean', () => {
    const guarded = rule({ action: 'deny', match: { class: ['write'] }, unless: { relations: ['public.orders'] } });
    expect(policy(guarded).judge(subject, update).action).toBe('allow');
    expect(policy(guarded).judge(subject, { ...update, relations: ['orders'] }).action).toBe('deny');
    expect(policy(guarded).judge(subject, { ...update, relations: ['public.orders', 'public.users'] }).action).toBe('deny');
    const lifting = rule({ action: 'allow', match: { class: ['ddl'] }, unless: { relations: ['public.orders'] } });
    expect(policy(lifting).judge(subject, drop).action).toBe('deny');
    expect(policy(lifting).judge(subject, { ...drop, relations: ['orders'] }).action).toBe('deny');
    expect(policy(lifting).judge(subject, { ...drop, relations: ['public.users'] }).action).toBe('allow');
  });

  test('unless on people; an empty one exempts nobody', () => {
    const guarded = rule({ action: 'deny', unless: { groups: ['developers'], kind: ['person'] } });
    expect(policy(guarded).judge(subject, select).action).toBe('allow');
    expect(policy(guarded).judge(agent, select).action).toBe('deny');
    expect(policy({ ...guarded, unless: {} }).judge(subject, select).action).toBe('deny');
  });

  test('shadow rules are told and stop nothing', () => {
    const shadow = [rule({ name: 's', action: 'deny', enforce: false }), rule({ name: 't', action: 'hold', enforce: false })];
    expect(policy(...shadow).judge(subject, select)).toMatchObject({
      action: 'allow',
      rules: [],
      shadow: [
        { rule: 's', would: 'deny' },
        { rule: 't', would: 'hold' },
      ],
    });
  });

  test('verbs are matched whatever their case, and an allow needs all of them', () => {
    const creating = rule({ action: 'allow', match: { class: ['ddl'], verb: ['create *'] } });
    expect(policy(creating).judge(subject, command({ class: ['ddl'], verbs: ['CREATE TABLE'] })).action).toBe('allow');
    expect(policy(creating).judge(subject, command({ class: ['ddl'], verbs: ['CREATE TABLE', 'DROP TABLE'] })).action).toBe('deny');
    expect(policy(rule({ action: 'deny', match: { verb: ['Drop Table'] } })).judge(subject, drop).rules).toEqual(['r']);
  });
});

describe('relations', () => {
  const denies = (pattern: string, ...relations: string[]) =>
    policy(rule({ action: 'deny', match: { relations: [pattern] } })).judge(subject, command({ relations })).action === 'deny';
  const lifts = (pattern: string, ...relations: string[]) =>
    policy(rule({ action: 'allow', match: { class: ['ddl'], relations: [pattern] } })).judge(subject, { ...drop, relations }).action ===
    'allow';

  test.each([
    ['public.users', 'public.users', true, true],
    ['public.users', 'users', true, false],
    ['public.users', 'audit.users', false, false],
    ['users', 'users', true, true],
    ['users', 'audit.users', true, true],
    ['*.users', 'users', true, true],
    ['public.*', 'orders', true, false],
    ['public.*', 'public.a.b', true, false],
    ['*', 'public.a.b', true, true],
    ['public.Users', 'public.users', true, false],
    ['public.users', 'public.USERS', true, false],
  ])('%s on %s: denies %s, lifts %s', (pattern, relation, denied, lifted) => {
    expect([denies(pattern, relation), lifts(pattern, relation)]).toEqual([denied, lifted]);
  });

  test('one relation is enough to deny, every one is needed to lift, none lifts nothing', () => {
    expect(denies('public.users', 'public.orders', 'public.users')).toBe(true);
    expect(lifts('public.users', 'public.orders', 'public.users')).toBe(false);
    expect(lifts('public.users')).toBe(false);
  });

  test('what an unknown command names is not all it reaches', () => {
    const unknown = command({ class: ['unknown'], relations: ['public.orders'] });
    const lifting = rule({ name: 'a', action: 'allow', match: { class: ['unknown'] } });
    expect(policy(lifting).judge(subject, unknown).action).toBe('allow');
    expect(policy({ ...lifting, match: { class: ['unknown'], relations: ['public.orders'] } }).judge(subject, unknown).action).toBe('deny');
    expect(policy(lifting, rule({ action: 'deny', match: { relations: ['public.salaries'] } })).judge(subject, unknown).rules).toEqual([
      'r',
    ]);
  });
});

describe('token scope', () => {
  test('no rule widens it', () => {
    const scoped = { ...subject, tokenClasses: ['read'] } as const;
    const open = policy(rule({ action: 'allow' }));
    expect(open.judge(scoped, select).action).toBe('allow');
    expect(open.judge(scoped, update)).toMatchObject({
      action: 'deny',
      rules: [],
      message: 'UPDATE on public.orders (class write) is denied: the token is limited to read. A token that includes write lifts it.',
    });
  });
});

describe('several holds', () => {
  const a = rule({ name: 'a', action: 'hold', approval: { ...approval, groups: ['dba', 'leads'], grant: 'rule', forMs: 1000, count: 2 } });
  const b = rule({
    name: 'b',
    action: 'hold',
    approval: { ...approval, groups: ['leads', 'sec'], grant: 'exact', forMs: 500, timeoutMs: 5000 },
  });

  test('one approval satisfies all: common groups, most people, shortest times, smallest grant', () => {
    expect(policy(a, b).judge(subject, select)).toMatchObject({
      action: 'hold',
      rules: ['a', 'b'],
      approval: { groups: ['leads'], count: 2, timeoutMs: 5000, transactionTimeoutMs: 30_000, grant: 'exact', forMs: 500 },
    });
  });

  test('once grants nothing that lasts', () => {
    const once = rule({ name: 'c', action: 'hold', approval: { ...approval, groups: ['leads'] } });
    expect(policy(a, once).judge(subject, select).approval).toEqual({ ...approval, groups: ['leads'], count: 2 });
  });

  test('without a common group the command is denied and told why', () => {
    const other = rule({ name: 'c', action: 'hold' });
    expect(policy(b, other).judge(subject, select)).toMatchObject({
      action: 'deny',
      rules: ['b', 'c'],
      message: expect.stringContaining('name one group in each'),
    });
  });
});

describe('recording', () => {
  const secret = rule({ action: 'allow', match: { relations: ['public.health'] }, record: 'off', results: 'none' });

  test('is reduced only where the whole command is meant', () => {
    expect(policy(secret).judge(subject, command({ relations: ['public.health'] }))).toMatchObject({
      record: 'off',
      results: 'none',
      rules: ['r'],
    });
    expect(policy(secret).judge(subject, command({ relations: ['public.health', 'public.orders'] }))).not.toHaveProperty('record');
    expect(policy(secret).judge(subject, command({ relations: ['health'] }))).not.toHaveProperty('results');
  });

  test('rules that disagree keep the most; a denial is always recorded', () => {
    const fuller = rule({ name: 'f', action: 'allow', match: { class: ['read'] }, results: 'digest' });
    expect(policy(secret, fuller).judge(subject, command({ relations: ['public.health'] })).results).toBe('digest');
    const denied = policy(secret, rule({ name: 'd', action: 'deny' })).judge(subject, command({ relations: ['public.health'] }));
    expect(denied).not.toHaveProperty('record');
  });
});

describe('sizes', () => {
  const ruled = (action: 'allow' | 'deny', bytes: number | undefined, match: Match = { bytesOver: 10 }, unless?: Match) => {
    const rule: Rule = { name: 'size', match, action, enforce: true, ...(unless && { unless }) };
    const defaults = { person: action === 'deny' ? (['write'] as const) : [], agent: [] };
    const upload = command({ class: ['write'], verbs: ['POST'], ...(bytes !== undefined && { bytes }) });
    return compilePolicy({ access: [], defaults, rules: [rule] }).judge(subject, upload).action;
  };
  const sizes = [10, 11, Number.POSITIVE_INFINITY, undefined];

  test('a denial counts one that nobody knows as over', () => {
    expect(sizes.map((bytes) => ruled('deny', bytes))).toEqual(['allow', 'deny', 'deny', 'allow']);
  });

  test('an allow does not', () => {
    expect(sizes.map((bytes) => ruled('allow', bytes))).toEqual(['deny', 'allow', 'deny', 'deny']);
  });

  test('an allow up to a size is one with an exemption', () => {
    expect(sizes.map((bytes) => ruled('allow', bytes, {}, { bytesOver: 10 }))).toEqual(['allow', 'deny', 'deny', 'allow']);
  });
});
