import { MASK_METHODS } from '@sallyport/core';
import { compileMasks } from './masks.ts';
import type { MaskRule } from './rule.ts';

const options = { hashKey: Buffer.alloc(32, 7), tokenKey: Buffer.alloc(32, 8) };
const alice = { name: 'alice', kind: 'person', groups: ['developers'] } as const;
const sam = { name: 'sam', kind: 'person', groups: ['support'] } as const;
const shop = { name: 'shop-db' };
const column = (relation: string, name: string) => ({ relation, name });

const masked = (pattern: string, relation: string, name: string) =>
  compileMasks([{ name: 'r', columns: [pattern], method: 'redact' }], options).forColumn(alice, shop, column(relation, name)) !== undefined;

test.each([
  ['public.customers.card_number', 'public.customers', 'card_number', true],
  ['public.customers.card_number', 'audit.customers', 'card_number', false],
  ['public.customers.card_number', 'public.customers', 'card', false],
  ['customers.phone', 'public.customers', 'phone', true],
  ['customers.phone', 'audit.customers', 'phone', true],
  ['*.email', 'any.thing', 'email', true],
  ['email', 'any.thing', 'email', true],
  ['*.e?mail', 'any.thing', 'e_mail', true],
  ['Public.Customers.EMAIL', 'public.customers', 'email', true],
  ['*.email', 'public.customers', 'Email', true],
  ['public."Customers".email', 'public.Customers', 'email', true],
  ['public."Customers".email', 'public.customers', 'email', false],
  ['public."a.b".c', 'public.a.b', 'c', true],
  ['"say ""hi"""', 'public.t', 'say "hi"', true],
  ['public.customers.email', 'customers', 'email', true],
  ['public.*.*', 'publicity.t', 'email', false],
])('%s on %s, column %s: %s', (pattern, relation, name, expected) => expect(masked(pattern, relation, name)).toBe(expected));

test.each(['', '.', 'a.', '.a', 'a..b', 'a.b.c.d', 'a."b', '"a"b'])('refuses %p', (pattern) => {
  expect(() => masked(pattern, 'a.b', 'c')).toThrow('is no column pattern');
});

describe('several rules', () => {
  const rules: MaskRule[] = [
    { name: 'partly', columns: ['*.card'], method: 'partial' },
    { name: 'hashed', columns: ['*.card'], method: 'hash', unless: { groups: ['support'] } },
    { name: 'gone', columns: ['*.card'], method: 'null', targets: ['bank-*'] },
    { name: 'gone too', columns: ['*.card'], method: 'null', targets: ['bank-*'] },
  ];
  const masks = compileMasks(rules, options);
  const card = column('public.customers', 'card');

  test('the strictest that concerns the session decides; the first among equals', () => {
    expect(masks.forColumn(alice, shop, card)?.rule).toBe('hashed');
    expect(masks.forColumn(sam, shop, card)?.rule).toBe('partly');
    expect(masks.forColumn(sam, { name: 'bank-db' }, card)?.rule).toBe('gone');
  });
});

describe('whom masks concern', () => {
  const unless = { groups: ['support'], users: ['sam', 'sue'] };
  const masks = compileMasks([{ name: 'r', columns: ['*.email'], method: 'redact', unless, targets: ['shop-*'] }], options);

  test('every key of unless must hold', () => {
    expect(masks.any(alice, shop)).toBe(true);
    expect(masks.any(sam, shop)).toBe(false);
    expect(masks.any({ ...sam, name: 'eve' }, shop)).toBe(true);
    expect(masks.any({ ...alice, name: 'sam' }, shop)).toBe(true);
    expect(masks.any(alice, { name: 'other' })).toBe(false);
  });

  test('an empty unless exempts nobody', () => {
    expect(compileMasks([{ name: 'r', columns: ['*.email'], method: 'redact', unless: {} }], options).any(sam, shop)).toBe(true);
  });
});

test('values of unknown origin are redacted', () => {
  expect(compileMasks([], options).protectedMask.apply('4111 1111 1111 1111')).toBe('[redacted]');
});

test('a short key, an unknown method and a token of no domain are refused', () => {
  expect(() => compileMasks([], { ...options, hashKey: Buffer.alloc(8) })).toThrow('at least 16 bytes');
  expect(() => compileMasks([{ name: 'r', columns: ['*.a'], method: 'token' }], options)).toThrow('makes tokens of no domain');
  const other = { name: 'r', columns: ['*.a'], method: 'blur' } as unknown as MaskRule;
  expect(() => compileMasks([other], options)).toThrow('has the method "blur"');
});

describe('rules by form', () => {
  const rules: MaskRule[] = [
    { name: 'mail', columns: [], detect: ['email'], method: 'token', domain: 'contact', unless: { groups: ['support'] } },
    { name: 'house ids', columns: [], patterns: ['HX-[0-9]{8}'], method: 'redact', targets: ['shop-*'] },
  ];
  const masks = compileMasks(rules, options);
  const shown = (identity: typeof alice | typeof sam, target: { name: string }, text: string) => {
    const bytes = Buffer.from(text);
    return (masks.forText(identity, target)?.value(bytes, 0, bytes.length, () => {}) ?? bytes).toString();
  };

  test('concern whom they name, and no column', () => {
    expect(shown(alice, shop, 'a@b.com HX-12345678')).toMatch(/^mt_\w{6}_[\w-]+ \[redacted\]$/);
    expect(shown(sam, shop, 'a@b.com HX-12345678')).toBe('a@b.com [redacted]');
    expect(masks.forText(sam, { name: 'other' })).toBeUndefined();
    expect(masks.any(alice, shop)).toBe(false);
    expect(masks.forColumn(alice, shop, column('t', 'email'))).toBeUndefined();
  });

  test('sessions whom the same rules concern share their mask', () => {
    expect(masks.forText({ ...sam, name: 'sue' }, shop)).toBe(masks.forText(sam, shop));
    expect(masks.forText(alice, shop)).not.toBe(masks.forText(sam, shop));
  });
});

describe('rules on fields and on requests', () => {
  const rules: MaskRule[] = [
    { name: 'mail fields', columns: [], fields: ['$..email'], method: 'partial', unless: { groups: ['support'] } },
    { name: 'cards', columns: [], fields: ['$..card', '$.email'], method: 'null', requests: true, targets: ['shop-*'] },
    { name: 'keys', columns: [], detect: ['aws-key'], method: 'redact', requests: true },
  ];
  const masks = compileMasks(rules, options);

  test('concern whom they name; the strictest decides', () => {
    expect(masks.forFields(alice, shop)?.root.member('email').mask?.rule).toBe('cards');
    expect(masks.forFields(alice, shop)?.root.member('x').member('email').mask?.rule).toBe('mail fields');
    expect(masks.forFields(sam, shop)?.root.member('x').member('email').mask).toBeUndefined();
    expect(masks.forFields(sam, { name: 'other' })).toBeUndefined();
    expect(masks.forFields({ ...sam, name: 'sue' }, shop)).toBe(masks.forFields(sam, shop));
    expect(masks.any(alice, shop)).toBe(false);
  });

  test('what goes to the target is masked where a rule says so', () => {
    const { text, fields } = masks.forRequests(alice, shop);
    expect(text?.mayFind(Buffer.from('AKIAIOSFODNN7EXAMPLE'), 0, 20)).toBe(true);
    expect(fields?.root.member('card').mask?.rule).toBe('cards');
    expect(fields?.root.member('x').member('email').mask).toBeUndefined();
    expect(masks.forRequests(alice, { name: 'other' }).fields).toBeUndefined();
    expect(compileMasks(rules.slice(0, 1), options).forRequests(alice, shop)).toEqual({ text: undefined, fields: undefined });
  });
});

test('tokens of one domain are equal across rules, and read back', () => {
  const masks = compileMasks(
    [
      { name: 'a', columns: ['*.a'], method: 'token', domain: 'contact' },
      { name: 'b', columns: ['*.b'], method: 'token', domain: 'contact' },
      { name: 'c', columns: ['*.c'], method: 'token', domain: 'other' },
    ],
    options,
  );
  const [a, b, c] = ['a', 'b', 'c'].map((name) => masks.forColumn(alice, shop, column('t', name)));
  const token = a?.apply('alice@example.com') ?? '';
  expect(b?.apply('alice@example.com')).toBe(token);
  expect(b?.original?.(token)).toBe('alice@example.com');
  expect(c?.original?.(token)).toBeUndefined();
  expect([a?.domain, c?.domain]).toEqual(['contact', 'other']);
  expect(masks.isMask(token)).toBe(true);
});

test('where a mask is the same for every value, it says so, and only there', () => {
  const rules = MASK_METHODS.map((method) => ({ name: method, method, columns: [`*.${method}`], domain: 'd' }));
  const masks = compileMasks(rules, options);
  for (const method of MASK_METHODS) {
    const mask = masks.forColumn(alice, shop, column('public.t', method));
    const [one, other] = [mask?.apply('4111 1111 1111 1111'), mask?.apply('ann@example.com')];
    expect([method, mask?.fixed]).toEqual([method, one === other ? one : undefined]);
  }
  expect(masks.protectedMask.fixed).toBe(masks.protectedMask.apply('x'));
});
