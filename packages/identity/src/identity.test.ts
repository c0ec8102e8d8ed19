import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clientKey, clientProof, hiSync, verifyProof } from '@sallyport/core';
import { openStore } from '@sallyport/store';
import { type OidcServer, startOidc } from '../../../test-fixtures/servers/oidc.ts';
import { createIdentity } from './identity.ts';
import type { LocalUser } from './people.ts';
import { ProvenRefusal } from './proven-refusal.ts';
import { mintToken, type TokenRequest } from './token.ts';
import { randomToken } from './token-text.ts';

const START = 1_700_000_000_000;
const keys = { secret: (label: string) => createHash('sha256').update(label).digest() };
const alice: LocalUser = { name: 'alice', kind: 'person', groups: ['developers'], sshKeys: [] };
const bot: LocalUser = { name: 'bot', kind: 'agent', groups: ['agents'], sshKeys: [] };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function gateway() {
  const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-identity-'));
  const store = await openStore({ dataDir, mode: 'serve' });
  closing.push(async () => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const { tokens } = store;
  const clock = { now: START };
  const entry = (type: string) => ({ type, at: clock.now, session: null, body: '{}', signature: Buffer.alloc(0) });
  const identity = createIdentity({ users: [alice, bot], store: { tokens }, keys, entry, now: () => clock.now });
  const revoke = (id: string) => tokens.revoke(id, clock.now, entry('token.revoked'));
  async function mint(request: Partial<TokenRequest> = {}) {
    const minted = await mintToken({ user: 'alice', ttl: 3_600_000, ...request }, keys, clock.now);
    await tokens.insert(minted.row, entry('token.minted'));
    return minted;
  }
  const signIn = (secret: string, user = 'alice', target = 'shop-db') =>
    identity.signIn({ user, target, proof: { method: 'password', secret }, address: '127.0.0.1' });
  return { tokens, clock, identity, mint, signIn, revoke, entry };
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: { code: string; message: string }) => reason,
  );
  expect(error?.code).toBe('ERR_LOGIN');
  return error?.message ?? '';
}

test('a token signs its user in, by password and by SCRAM', async () => {
  const { identity, mint, signIn } = await gateway();
  const { token, row } = await mint({ user: 'bot', actingFor: 'alice' });
  const expected = { name: 'bot', kind: 'agent', groups: ['agents'], actingFor: 'alice' };
  expect((await signIn(token, 'bot')).identity).toEqual(expected);

  const material = await identity.scram('bot');
  const key = clientKey(hiSync(token, material.salt, material.iterations));
  const match = material.keys.find(({ storedKey }) => verifyProof(storedKey, 'auth message', clientProof(key, 'auth message')));
  expect(match?.token).toBe(row.id);
  const signedIn = await identity.signIn({
    user: 'bot',
    target: 'shop-db',
    proof: { method: 'scram', token: row.id },
    address: '127.0.0.1',
  });
  expect(signedIn).toMatchObject({ identity: expected, token: { id: row.id } });
});

test('unknown user, wrong user and wrong token read the same', async () => {
  const { mint, signIn } = await gateway();
  const { token } = await mint();
  const sentences = await Promise.all([refusal(signIn(randomToken())), refusal(signIn(token, 'bot')), refusal(signIn(token, 'mallory'))]);
  expect(new Set(sentences).size).toBe(1);
  expect(sentences[0]).toMatch(/^The gateway does not know this user with this token\./);
});

test('an unknown user has a stable salt and no keys; a known one has its live tokens first', async () => {
  const { identity, mint, clock, revoke } = await gateway();
  const mock = await identity.scram('mallory');
  expect(mock).toMatchObject({ iterations: 4096, keys: [] });
  expect((await identity.scram('mallory')).salt).toEqual(mock.salt);
  expect(mock.salt).toHaveLength(16);
  const live = await mint();
  clock.now += 1;
  const dead = await mint();
  await revoke(dead.row.id);
  const known = await identity.scram('alice');
  expect(known.keys.map((key) => key.token)).toEqual([live.row.id, dead.row.id]);
  expect(known.salt).not.toEqual(mock.salt);
});

describe('one sentence each for', () => {
  test('a mistyped token and no token at all', async () => {
    const { signIn, mint } = await gateway();
    const { token } = await mint();
    expect(await refusal(signIn(`${token.slice(0, -1)}-`))).toMatch(/mistyped/);
    expect(await refusal(signIn('hunter2'))).toMatch(/no gateway token/);
  });

  test('an expired token, with the time', async () => {
    const { signIn, mint, clock } = await gateway();
    const { token } = await mint({ ttl: 1000 });
    clock.now += 1000;
    expect(await refusal(signIn(token))).toMatch(/^This gateway token expired at 2023-11-14T22:13:21.000Z/);
  });

  test('a revoked token', async () => {
    const { signIn, mint, revoke } = await gateway();
    const { token, row } = await mint();
    await revoke(row.id);
    expect(await refusal(signIn(token))).toMatch(/^This gateway token was revoked at 2023-11-14T22:13:20.000Z/);
  });

  test('a child of a revoked token that slipped in', async () => {
    const { signIn, mint, revoke } = await gateway();
    const parent = await mint();
    const child = await mint({ parent: parent.row });
    await revoke(parent.row.id);
    expect(await refusal(signIn(child.token))).toMatch(/revoked/);
  });

  test('a used-up token: of many at once exactly as many get in as it is good for', async () => {
    const { signIn, mint } = await gateway();
    const { token } = await mint({ sessions: 2 });
    const results = await Promise.allSettled([signIn(token), signIn(token), signIn(token), signIn(token)]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await refusal(signIn(token))).toBe('This gateway token was good for 2 sign-ins, which have been used.');
  });

  test('a wrong target, which costs no sign-in', async () => {
    const { signIn, mint } = await gateway();
    const { token } = await mint({ targets: ['shop-*'], sessions: 1 });
    expect(await refusal(signIn(token, 'alice', 'crm'))).toBe('This gateway token is not good for target crm, only for shop-*.');
    await signIn(token);
  });

  test('an approve-only token, which is a bearer all the same', async () => {
    const { identity, signIn, mint } = await gateway();
    const { token } = await mint({ can: ['approve'] });
    expect(await refusal(signIn(token))).toMatch(/decides approvals and opens no connection/);
    expect((await identity.bearer(token)).token.can).toEqual(['approve']);
  });
});

test('who knows the secret of a token that is good for this no more is told apart from who guesses', async () => {
  const { signIn, mint, clock, revoke } = await gateway();
  const proven = (promise: Promise<unknown>) => promise.catch((error: unknown) => error instanceof ProvenRefusal);
  const [brief, revoked, once, narrow, approver] = [
    await mint({ ttl: 1000 }),
    await mint(),
    await mint({ sessions: 1 }),
    await mint({ targets: ['crm'] }),
    await mint({ can: ['approve'] }),
  ];
  await revoke(revoked.row.id);
  await signIn(once.token);
  clock.now += 1000;
  for (const { token } of [brief, revoked, once, narrow, approver]) expect(await proven(signIn(token))).toBe(true);
  for (const guess of [signIn(randomToken()), signIn('hunter2'), signIn(brief.token, 'bot')]) expect(await proven(guess)).toBe(false);
});

test('a token that acts for a person ends with that person', async () => {
  const { identity, mint, signIn } = await gateway();
  const parent = await mint({ user: 'bot', actingFor: 'alice' });
  const { token, row } = await mint({ user: 'bot', sessions: 1, parent: parent.row });
  await signIn(token, 'bot');
  expect(await identity.alive(row.id)).toBe(true);
  const ended = Promise.withResolvers<string>();
  const stop = identity.watchRevocations(
    (_, error) => ended.resolve(error.message),
    () => [row.id],
  );
  identity.reload({ users: [bot] });
  const sentence = "This gateway token acts for alice, who is not a person in the gateway's configuration.";
  expect(await identity.alive(row.id)).toBe(false);
  expect(identity.identify({ name: 'bot', kind: 'agent', groups: [], actingFor: 'alice' })).toBeUndefined();
  expect(await refusal(signIn(parent.token, 'bot'))).toBe(sentence);
  expect(await refusal(identity.bearer(parent.token))).toBe(sentence);
  expect(await ended.promise).toBe(sentence);
  stop();
  identity.reload({ users: [bot, { ...alice, kind: 'agent' }] });
  expect(await identity.alive(row.id)).toBe(false);
});

test('a bearer is refused in the same words', async () => {
  const { identity, signIn, mint, clock } = await gateway();
  const { token } = await mint({ sessions: 1 });
  expect((await identity.bearer(token)).identity.name).toBe('alice');
  await signIn(token);
  expect(await refusal(identity.bearer(token))).toMatch(/good for one sign-in/);
  clock.now += 3_600_000;
  expect(await refusal(identity.bearer(token))).toMatch(/expired/);
  expect(await refusal(identity.bearer(randomToken()))).toMatch(/does not know/);
});

describe('a live session', () => {
  test('of a ticket lives as long as the parent token', async () => {
    const { identity, mint, signIn, clock } = await gateway();
    const parent = await mint({ ttl: 1000 });
    const ticket = await mint({ ttl: 60, sessions: 1, parent: parent.row });
    await signIn(ticket.token);
    clock.now += 500;
    expect(await identity.alive(ticket.row.id)).toBe(true);
    clock.now += 500;
    expect(await identity.alive(ticket.row.id)).toBe(false);
  });

  test('of another child ends with that child', async () => {
    const { identity, mint, clock } = await gateway();
    const parent = await mint({ ttl: 1000 });
    const child = await mint({ ttl: 60, parent: parent.row });
    clock.now += 60;
    expect(await identity.alive(child.row.id)).toBe(false);
    expect(await identity.alive('tk_unknown')).toBe(false);
  });

  test('hears of revocation within a second, of a parent too, and of expiry and removed users', async () => {
    const { identity, mint, revoke, clock } = await gateway();
    const parent = await mint();
    const ticket = await mint({ sessions: 1, parent: parent.row });
    const brief = await mint({ ttl: 1000 });
    const removed = await mint({ user: 'bot' });
    const safe = await mint();
    const live = [ticket, brief, removed, safe].map(({ row }) => row.id);
    const ended = new Map<string, string>();
    const stop = identity.watchRevocations(
      (token, error) => ended.set(token, `${error.code} ${error.message}`),
      () => live,
    );
    try {
      await delay(450);
      expect(ended.size).toBe(0);
      await revoke(parent.row.id);
      clock.now += 1000;
      identity.reload({ users: [alice] });
      await delay(900);
    } finally {
      stop();
    }
    expect(ended.get(ticket.row.id)).toMatch(/^ERR_ENDED This gateway token was revoked/);
    expect(ended.get(brief.row.id)).toMatch(/^ERR_ENDED This gateway token expired/);
    expect(ended.get(removed.row.id)).toBe('ERR_ENDED bot is no longer a user of this gateway.');
    expect(ended.has(safe.row.id)).toBe(false);
  });

  test('ends when the store can no longer be asked', async () => {
    const { tokens, mint, entry } = await gateway();
    const { row } = await mint();
    const broken = { ...tokens, version: () => Promise.reject(new Error('closed')) };
    const identity = createIdentity({ users: [alice], store: { tokens: broken }, keys, entry, now: () => START });
    const ended = Promise.withResolvers<string>();
    const stop = identity.watchRevocations(
      (token) => ended.resolve(token),
      () => [row.id],
    );
    expect(await ended.promise).toBe(row.id);
    stop();
  });
});

describe('an identity provider', () => {
  const ANN = { email: 'ann@example.com', groups: ['developers'] };
  let server: OidcServer;
  beforeAll(async () => {
    server = await startOidc();
  });
  afterAll(() => server?.stop());

  async function vouched() {
    const parts = await gateway();
    parts.clock.now = Date.now();
    const provider = { issuer: server.issuer, audience: 'sallyport', userClaim: 'email', groupsClaim: 'groups' };
    parts.identity.reload({ users: [alice], provider });
    return { ...parts, provider, token: await server.token(ANN) };
  }

  test('vouches for people: their JWT signs in as a token does, is counted, and can be revoked', async () => {
    const { identity, signIn, tokens, revoke, token } = await vouched();
    const [first, second] = await Promise.all([signIn(token, 'ann@example.com'), signIn(token, 'ann@example.com')]);
    expect(first?.identity).toEqual({ name: 'ann@example.com', kind: 'person', groups: ['developers'] });
    expect(second?.token.id).toBe(first?.token.id);
    expect((await identity.bearer(token)).identity).toEqual(first?.identity);
    const [row, ...others] = await tokens.byUser('ann@example.com');
    expect(others).toEqual([]);
    expect(await identity.alive(row?.id ?? '')).toBe(true);
    await revoke(row?.id ?? '');
    expect((await tokens.get(row?.id ?? ''))?.sessions).toBe(2); // written by now: nothing that is asked later is written sooner
    expect(await identity.alive(row?.id ?? '')).toBe(false);
    expect(await refusal(signIn(token, 'ann@example.com'))).toMatch(/was revoked/);
  });

  test('sessions end with the JWT, and when the provider is taken out of the configuration', async () => {
    const { identity, signIn, clock, token, provider } = await vouched();
    const { token: row, identity: ann } = await signIn(token, 'ann@example.com');
    identity.reload({ users: [alice], provider: { ...provider } });
    expect(identity.identify(ann)).toEqual(ann);
    identity.reload({ users: [alice] });
    expect(identity.identify(ann)).toBeUndefined();
    expect(await identity.alive(row.id)).toBe(false);
    expect(await refusal(signIn(token, 'ann@example.com'))).toMatch(/begin with "sp_"/);
    identity.reload({ users: [alice], provider });
    await signIn(token, 'ann@example.com');
    clock.now += 3_700_000;
    expect(await identity.alive(row.id)).toBe(false);
    expect(await refusal(signIn(token, 'ann@example.com'))).toMatch(/expired at/);
  });

  test('a user of the configuration who comes to have the name of one that it vouched for is somebody else', async () => {
    const { identity, signIn, token, provider, mint } = await vouched();
    const { token: row, identity: ann } = await signIn(token, 'ann@example.com');
    const ticket = await mint({ user: 'ann@example.com', sessions: 1, parent: row });
    const other: LocalUser = { ...alice, name: 'ann@example.com', groups: ['dba'] };
    for (const next of [{ users: [other], provider }, { users: [other] }]) {
      identity.reload(next);
      expect(identity.identify(ann)).toBeUndefined();
      expect(await identity.alive(row.id)).toBe(false);
      await refusal(signIn(token, 'ann@example.com'));
      expect(await refusal(signIn(ticket.token, 'ann@example.com'))).toMatch(/no longer a user/);
    }
  });

  test('vouches for nobody else: another name, a name of the configuration; who it may know is asked for the JWT itself', async () => {
    const { identity, signIn, token } = await vouched();
    expect(await refusal(signIn(token, 'bob@example.com'))).toMatch(/does not know this user/);
    const taken = await server.token({ email: 'alice' });
    expect(await refusal(signIn(taken, 'alice'))).toMatch(/alice is a user of this gateway's own configuration/);
    expect((await identity.scram('ann@example.com')).vouched).toBe(true);
    expect((await identity.scram('alice')).vouched).toBe(false);
  });
});
