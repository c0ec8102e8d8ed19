import { type Classification, COMMAND_CLASSES } from '@sallyport/core';
import fc from 'fast-check';
import type { Match, Rule } from './config.ts';
import { compilePolicy, type Subject } from './policy.ts';

const RANK = { allow: 0, hold: 1, deny: 2 } as const;
const approval = { groups: ['dba'], count: 1, timeoutMs: 1000, transactionTimeoutMs: 1000, grant: 'once' } as const;

const some = <T>(...values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
const classes = some(...COMMAND_CLASSES);
const relation = fc.constantFrom('users', 'public.users', 'audit.users', 'public.orders', 'public.a.b');

const match: fc.Arbitrary<Match> = fc.record(
  {
    users: some('alice', 'b*', '*'),
    groups: some('devs', 'dba'),
    kind: some('person' as const, 'agent' as const),
    class: classes,
    verb: some('SELECT', 'DROP*'),
    relations: some('public.users', 'users', '*.orders', 'public.*'),
    unfiltered: fc.boolean(),
  },
  { requiredKeys: [] },
);
const body = fc.record(
  { match, unless: match, action: fc.constantFrom('allow' as const, 'deny' as const, 'hold' as const), enforce: fc.boolean() },
  { requiredKeys: ['match', 'action', 'enforce'] },
);
const rules = fc.array(body, { maxLength: 5 }).map((bodies) => bodies.map((one, index): Rule => ({ ...one, name: `r${index}`, approval })));
const command: fc.Arbitrary<Classification> = fc.record({
  class: classes,
  verbs: some('SELECT', 'DROP TABLE', 'UPDATE'),
  relations: fc.uniqueArray(relation, { maxLength: 3 }),
  unfiltered: fc.boolean(),
});
const subject: fc.Arbitrary<Subject> = fc.record({
  identity: fc.record({
    name: fc.constantFrom('alice', 'bob'),
    kind: fc.constantFrom('person' as const, 'agent' as const),
    groups: some('devs', 'dba'),
  }),
  target: fc.constant({ name: 'db', protocol: 'postgres', labels: {} }),
  tokenClasses: fc.constantFrom([], ['read'] as const),
});

const policyOf = (all: readonly Rule[]) =>
  compilePolicy({ access: [], defaults: { person: ['read', 'write', 'session'], agent: ['read', 'session'] }, rules: all });
const judge = (all: readonly Rule[], who: Subject, what: Classification) => policyOf(all).judge({ ...who }, what);
const law = (check: (all: Rule[], extra: Match, unless: Match | undefined, who: Subject, what: Classification) => void) =>
  fc.assert(fc.property(rules, match, fc.option(match, { nil: undefined }), subject, command, check), { numRuns: 500 });
const extraRule = (action: Rule['action'], when: Match, unless: Match | undefined, enforce = true): Rule => ({
  name: 'extra',
  match: when,
  action,
  enforce,
  approval,
  ...(unless === undefined ? {} : { unless }),
});

test('adding a deny rule never widens', () => {
  law((all, extra, unless, who, what) => {
    expect(RANK[judge([...all, extraRule('deny', extra, unless)], who, what).action]).toBeGreaterThanOrEqual(
      RANK[judge(all, who, what).action],
    );
  });
});

test('the order of rules never matters', () => {
  law((all, _extra, _unless, who, what) => expect(judge([...all].reverse(), who, what)).toEqual(judge(all, who, what)));
});

test('adding an allow never lifts what a rule denies or holds', () => {
  law((all, extra, unless, who, what) => {
    const before = judge(all, who, what);
    const after = judge([...all, extraRule('allow', extra, unless)], who, what);
    if (before.action === 'hold' || before.rules.length > 0) expect(RANK[after.action]).toBeGreaterThanOrEqual(RANK[before.action]);
  });
});

test('a shadow rule never changes what happens', () => {
  law((all, extra, unless, who, what) => {
    const { shadow: _before, ...before } = judge(all, who, what);
    for (const action of ['allow', 'deny', 'hold'] as const) {
      const { shadow: _after, ...after } = judge([...all, extraRule(action, extra, unless, false)], who, what);
      expect(after).toEqual(before);
    }
  });
});

test('what does not pass alone never passes with a statement more beside it', () => {
  law((all, _extra, _unless, who, what) => {
    const more = { ...what, class: [...new Set([...what.class, 'admin' as const])], verbs: [...what.verbs, 'ALTER SYSTEM'] };
    if (judge(all, who, what).action !== 'allow') expect(judge(all, who, more).action).not.toBe('allow');
  });
});

test('every denial has words, every hold an approval', () => {
  law((all, _extra, _unless, who, what) => {
    const { action, message, approval: asked, reason } = judge(all, who, what);
    expect(reason).toMatch(/\.$/);
    expect(message !== undefined).toBe(action === 'deny');
    expect(asked !== undefined).toBe(action === 'hold');
  });
});

test('what was judged before, over the very same list of relations, changes nothing', () => {
  const change: fc.Arbitrary<Partial<Classification>> = fc.oneof(
    fc.record({ class: classes }),
    fc.record({ verbs: some('SELECT', 'DROP TABLE', 'UPDATE') }),
    fc.record({ unfiltered: fc.boolean() }),
    fc.record({ launders: fc.boolean() }),
    fc.record({ launders: fc.constant(true), reason: fc.constantFrom('One.', 'Another.') }),
    fc.record({ bytes: fc.constantFrom(1, 1_000) }),
    fc.record({ objects: fc.record({ paths: fc.constantFrom(['/a'], ['/b']) }) }),
  );
  const about: fc.Arbitrary<Match> = fc.constantFrom(
    { launders: true },
    { unfiltered: true },
    { verb: ['DROP*'] },
    { bytesOver: 10 },
    { paths: ['/a'] },
  );
  fc.assert(
    fc.property(rules, about, subject, command, fc.array(change, { minLength: 1, maxLength: 3 }), (all, extra, who, what, changes) => {
      const policy = policyOf([...all, extraRule('deny', extra, undefined)]);
      for (const said of [what, ...changes.map((changed) => ({ ...what, ...changed }))])
        expect(policy.judge(who, said)).toEqual(judge([...all, extraRule('deny', extra, undefined)], who, said));
    }),
    { numRuns: 2_000 },
  );
});
