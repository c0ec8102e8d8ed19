import { createHash } from 'node:crypto';
import { GatewayError, type SignIn, type Target } from '@sallyport/core';
import { createBackoff } from '@sallyport/identity';
import { ConnectionHost } from './connection-host.ts';

const WAITS = new Error('it would have to wait');
const GOOD = 'sp_the-right-one';
const target = { name: 'shop-api' } as Target;
const bearer = (secret: string, user = ''): SignIn => ({ user, target, proof: { method: 'bearer', secret }, facts: {} });

/** Connections of one address to a gateway that knows one token; every wait is over at once, and counted. */
function gateway() {
  const real = createBackoff(() => 0);
  const asked: string[] = [];
  let waits = 0;
  const backoff = {
    ...real,
    async wait(client: string, user: string): Promise<void> {
      asked.push(user);
      await real.wait(client, user, AbortSignal.abort(WAITS)).catch((error: unknown) => {
        expect(error).toBe(WAITS);
        waits += 1;
      });
    },
  };
  const parts = {
    ...{ backoff, listener: 'a' },
    identity: {
      signIn: ({ proof }: SignIn) =>
        'secret' in proof && proof.secret === GOOD
          ? Promise.resolve({})
          : Promise.reject(new GatewayError('ERR_LOGIN', 'It is not known.')),
    },
    arrival: { client: '10.0.0.1:1', signal: new AbortController().signal, address: '10.0.0.1', admitted: () => undefined },
    open: () => Promise.resolve({}),
    log: { warn: () => undefined },
    metrics: { signInsRefused: { inc: () => undefined } },
  };
  const admit = async (signIn: SignIn): Promise<boolean> => {
    const host = new ConnectionHost(parts as unknown as ConstructorParameters<typeof ConnectionHost>[0]);
    return host.admit(signIn).then(
      () => true,
      () => false,
    );
  };
  return { admit, asked, waits: () => waits };
}

test('a bearer token that is tried again and again waits from the fourth time on, whatever name stands beside it', async () => {
  const { admit, waits } = gateway();
  const counted: number[] = [];
  for (const user of ['', 'alice', 'bob', 'carol', 'dave']) {
    expect(await admit(bearer('sp_wrong', user))).toBe(false);
    counted.push(waits());
  }
  expect(counted).toEqual([0, 0, 0, 1, 2]);
});

test('tokens are told apart by their hash: a good one of the same address is not slowed, and none is kept', async () => {
  const { admit, asked, waits } = gateway();
  for (let time = 0; time < 5; time += 1) await admit(bearer('sp_wrong'));
  const before = waits();
  expect(await admit(bearer(GOOD))).toBe(true);
  expect(waits()).toBe(before);
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  expect(new Set(asked)).toEqual(new Set([hash('sp_wrong'), hash(GOOD)]));
});

test('who tries another token each time is slowed by address, and whoever has signed in from there is not', async () => {
  const { admit, waits } = gateway();
  await admit(bearer(GOOD));
  for (let guess = 0; guess < 20; guess += 1) await admit(bearer(`sp_guess-${guess}`));
  expect(waits()).toBe(0);
  for (let guess = 20; guess < 25; guess += 1) await admit(bearer(`sp_guess-${guess}`));
  expect(waits()).toBe(5);
  expect(await admit(bearer(GOOD))).toBe(true);
  expect(waits()).toBe(5);
});
