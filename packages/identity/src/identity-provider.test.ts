import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { type OidcServer, startOidc } from '../../../test-fixtures/servers/oidc.ts';
import { IdentityProvider, isJwt } from './identity-provider.ts';
import { ProvenRefusal } from './proven-refusal.ts';

let server: OidcServer;
beforeAll(async () => {
  server = await startOidc();
});
afterAll(() => server?.stop());

const options = () => ({ issuer: server.issuer, audience: 'sallyport', userClaim: 'email', groupsClaim: 'groups' });
const provider = (now = Date.now) => new IdentityProvider(options(), now);
const ANN = { email: 'ann@example.com', groups: ['developers'] };

async function refusal(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('It was accepted.'),
    (error: Error) => error,
  );
}

test('a token that the provider signed for the gateway says who, in which groups and until when', async () => {
  const token = await server.token(ANN);
  expect(isJwt(token)).toBe(true);
  const { name, groups, expiresAt } = await provider().verify(token);
  expect([name, groups]).toEqual(['ann@example.com', ['developers']]);
  expect(expiresAt).toBe((JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }).exp * 1000);
  expect((await provider().verify(await server.token({ email: 'bob@example.com' }))).groups).toEqual([]);
});

test('one meant for another, expired, or that says too little is refused, with what is wrong', async () => {
  const verify = (token: string, now?: () => number) => refusal(provider(now).verify(token));
  expect((await verify(await server.token(ANN, { audience: 'other' }))).message).toMatch(
    /claim "aud" does not fit. It must be "sallyport"/,
  );
  const expired = await verify(await server.token(ANN), () => Date.now() + 7_200_000);
  expect(expired.message).toMatch(/^This token of http:\S+ expired at 2/);
  expect(expired).toBeInstanceOf(ProvenRefusal);
  expect((await verify(await server.token({ groups: [] }))).message).toMatch(/no claim "email"/);
  expect((await verify(await server.token({ ...ANN, email: 'a b\n' }))).message).toMatch(/no claim "email"/);
  expect((await verify(await server.token({ ...ANN, email_verified: false }))).message).toMatch(
    /has not verified the address ann@example.com/,
  );
  for (const groups of ['developers', [1], { a: 1 }]) {
    expect((await verify(await server.token({ ...ANN, groups }))).message).toMatch(/is no list/);
  }
});

test('what it did not sign is refused: another key, no algorithm, its own key taken for a secret, a changed claim', async () => {
  const claims = () => new SignJWT(ANN).setIssuer(server.issuer).setAudience('sallyport').setExpirationTime('1h');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [header = '', , signature = ''] = (await server.token(ANN)).split('.');
  const payload = Buffer.from(JSON.stringify({ ...ANN, groups: ['dba'], iss: server.issuer, aud: 'sallyport', exp: 4e9 })).toString(
    'base64url',
  );
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  const keys = await (await fetch(`${server.issuer}/jwks`)).text();
  const forged = [
    await claims().setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey),
    await claims().setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(Buffer.from(keys)),
    `${header}.${payload}.${signature}`,
    `${none}.${payload}.AAAA`,
  ];
  for (const token of forged) {
    const error = await refusal(provider().verify(token));
    expect(error.message).toMatch(/was not signed by/);
    expect(error).not.toBeInstanceOf(ProvenRefusal);
  }
});

test('a provider that is not there is asked again by the next sign-in', async () => {
  const later = await startOidc();
  const token = await later.token(ANN);
  await later.stop();
  const gone = new IdentityProvider({ ...options(), issuer: later.issuer }, Date.now);
  for (let times = 0; times < 2; times += 1) {
    const error = await refusal(gone.verify(token));
    expect(error.message).toMatch(/does not answer/);
    expect((error.cause as Error).message).toMatch(/fetch failed/);
  }
});
