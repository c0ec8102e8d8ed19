import { createHash } from 'node:crypto';
import { anyOf, clientKey, clientProof, hiSync, type TokenRow, verifyProof } from '@sallyport/core';
import fc from 'fast-check';
import { mintToken, SCRAM_ITERATIONS, userSalt } from './token.ts';
import { randomToken, tokenFault } from './token-text.ts';

const NOW = 1_700_000_000_000;
const keys = { secret: (label: string) => createHash('sha256').update(label).digest() };

describe('a token as text', () => {
  test('is at most 64 characters, of which none needs quoting, and differs each time', () => {
    const tokens = Array.from({ length: 200 }, randomToken);
    expect(new Set(tokens).size).toBe(200);
    for (const token of tokens) expect(token).toMatch(/^sp_[0-9A-Za-z]{49}$/);
    expect(tokens.map(tokenFault)).toEqual(tokens.map(() => undefined));
  });

  test('any one changed, lost or doubled character is named', () => {
    const character = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-');
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 51 }), character, fc.constantFrom('swap', 'drop', 'double'), (at, other, how) => {
        const token = randomToken();
        const old = token.charAt(at);
        const middle = how === 'swap' ? other : how === 'drop' ? '' : old + old;
        const bent = token.slice(0, at) + middle + token.slice(at + 1);
        expect(tokenFault(bent)).toBe(bent === token ? undefined : 'The gateway token is mistyped or cut: its checksum does not fit.');
      }),
    );
  });

  test('anything else is no token, and never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(tokenFault(text)).toBeDefined()));
  });
});

test('the row holds what each sign-in is verified with, and not the token', async () => {
  const { token, row } = await mintToken({ user: 'alice', ttl: 1000 }, keys, NOW);
  const key = clientKey(hiSync(token, userSalt(keys, 'alice'), SCRAM_ITERATIONS));
  expect(verifyProof(row.scramStored, 'message', clientProof(key, 'message'))).toBe(true);
  expect(row.sha256).toEqual(createHash('sha256').update(token).digest());
  expect(row.sha1sha1).toEqual(createHash('sha1').update(createHash('sha1').update(token).digest()).digest());
  expect(JSON.stringify(row)).not.toContain(token.slice(3, 20));
  expect(row).toMatchObject({ createdAt: NOW, expiresAt: NOW + 1000, revokedAt: null, sessions: 0, maxSessions: null, parent: null });
});

test('a lifetime or number of sign-ins that is none is refused', async () => {
  for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    await expect(mintToken({ user: 'alice', ttl }, keys, NOW)).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  }
  await expect(mintToken({ user: 'alice', ttl: 1, sessions: 0 }, keys, NOW)).rejects.toMatchObject({ code: 'ERR_LIMIT' });
});

describe('a child', () => {
  const names = ['shop-db', 'shop-eu', 'crm'];
  const scope = fc.record({
    ttl: fc.integer({ min: 1, max: 10_000 }),
    targets: fc.subarray([...names, 'shop-*', '*']),
    classes: fc.subarray(['read', 'write', 'ddl'] as const),
  });

  test('never outlives nor exceeds its parent', async () => {
    await fc.assert(
      fc.asyncProperty(scope, scope, fc.integer({ min: 0, max: 9_999 }), async (mine, its, later) => {
        const parent = (await mintToken({ user: 'alice', ...mine }, keys, NOW)).row;
        const child = await mintToken({ user: 'alice', ...its, parent }, keys, NOW + later).then(
          (minted) => minted.row,
          (error: { code: string }) => expect(error.code).toBe('ERR_ACCESS'),
        );
        if (!child) return;
        expect(child.expiresAt).toBeLessThanOrEqual(parent.expiresAt);
        for (const name of names) if (isGoodFor(child, name)) expect(isGoodFor(parent, name)).toBe(true);
        if (parent.classes.length > 0) expect(child.classes.length).toBeGreaterThan(0);
        for (const one of child.classes) expect(parent.classes.length === 0 || parent.classes.includes(one)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('takes over what its request leaves out', async () => {
    const request = { user: 'bot', ttl: 5000, targets: ['shop-*'], classes: ['read'] as const, actingFor: 'alice' };
    const parent = (await mintToken(request, keys, NOW)).row;
    const child = (await mintToken({ user: 'bot', ttl: 60_000, sessions: 1, parent }, keys, NOW)).row;
    expect(child).toMatchObject({
      parent: parent.id,
      expiresAt: NOW + 5000,
      targets: ['shop-*'],
      classes: ['read'],
      actingFor: 'alice',
      maxSessions: 1,
    });
  });

  test.each<[string, Partial<TokenRow>, object, string]>([
    ['another user', {}, { user: 'bob' }, 'it belongs to alice'],
    ['a revoked parent', { revokedAt: NOW }, {}, 'it has expired or was revoked'],
    ['an expired parent', { expiresAt: NOW }, {}, 'it has expired or was revoked'],
    ['a parent of few sign-ins', { maxSessions: 1 }, {}, 'its own sign-ins are bounded'],
    ['somebody to act for', {}, { actingFor: 'bob' }, 'it does not act for bob'],
    ['the right to approve', {}, { can: ['approve'] }, 'it decides no approvals'],
    ['a connection from an approver', { can: ['approve'] }, { can: [] }, 'it decides approvals and nothing else'],
    ['a wider glob', { targets: ['shop-*'] }, { targets: ['*'] }, 'it is not good for *'],
    ['another class', { classes: ['read'] }, { classes: ['write'] }, 'it is not good for write'],
  ])('is refused %s', async (_, change, request, why) => {
    const parent = { ...(await mintToken({ user: 'alice', ttl: 1000 }, keys, NOW)).row, ...change };
    await expect(mintToken({ user: 'alice', ttl: 10, parent, ...request }, keys, NOW)).rejects.toMatchObject({
      code: 'ERR_ACCESS',
      message: `A token cannot mint one that exceeds it: ${why}.`,
    });
  });
});

function isGoodFor(row: TokenRow, name: string): boolean {
  return row.targets.length === 0 || anyOf(row.targets)(name);
}
