import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { targetSchema } from '../target-schema.ts';
import { clientFacts } from './client-facts.ts';
import { nativeClient } from './native-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-native-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'gateway.pem'), 'GATEWAY CA\n');
writeFileSync(join(folder, 'forward.pem'), 'FORWARD CA\n');

const facts = (host: string, options: object = {}, port = 443) => clientFacts({ host, port, options: targetSchema.parse(options) });
const endpoint = (about: Readonly<Record<string, string>>, host = '127.0.0.1') => ({
  ...{ target: 'shop-api', host, port: 18080, user: 'alice', token: 'sp_secret', caFile: join(folder, 'gateway.pem'), facts: about },
  ...(about['forward'] === 'tls' && { forwardCaFile: join(folder, 'forward.pem') }),
});

test('a target with an address of its own: where it is, whom to trust, how git signs in', () => {
  const { env, dsn, anyProgram } = nativeClient(endpoint(facts('api.internal')));
  expect(env).toMatchObject({
    SALLYPORT_URL_SHOP_API: 'https://127.0.0.1:18080',
    SALLYPORT_TOKEN_SHOP_API: 'sp_secret',
    GIT_CONFIG_KEY_0: 'http.https://127.0.0.1:18080/.extraHeader',
  });
  expect(Object.keys(env).filter((name) => /PROXY|OPENAI|ANTHROPIC/i.test(name))).toEqual([]);
  expect(readFileSync(env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8')).toBe('GATEWAY CA\n');
  expect(readFileSync(env['SSL_CERT_FILE'] ?? '', 'utf8')).toMatch(/^GATEWAY CA\n-----BEGIN CERTIFICATE-----/);
  expect({ dsn, anyProgram }).toEqual({ dsn: 'https://token@127.0.0.1:18080/', anyProgram: true });
});

test.each([
  ['api.openai.com', {}, { OPENAI_BASE_URL: 'https://127.0.0.1:18080/v1', OPENAI_API_KEY: 'sp_secret' }],
  ['api.anthropic.com', {}, { ANTHROPIC_BASE_URL: 'https://127.0.0.1:18080', ANTHROPIC_AUTH_TOKEN: 'sp_secret' }],
  ['api.anthropic.com', { token_header: 'X-Api-Key' }, { ANTHROPIC_BASE_URL: 'https://127.0.0.1:18080', ANTHROPIC_API_KEY: 'sp_secret' }],
  [
    'models.internal',
    { llm: true },
    {
      OPENAI_BASE_URL: 'https://127.0.0.1:18080/v1',
      OPENAI_API_KEY: 'sp_secret',
      ANTHROPIC_BASE_URL: 'https://127.0.0.1:18080',
      ANTHROPIC_AUTH_TOKEN: 'sp_secret',
    },
  ],
])('a language model at %s %j', (host, options, expected) => {
  const { env } = nativeClient(endpoint(facts(host, options)));
  expect(Object.fromEntries(Object.entries(env).filter(([name]) => /^(?:OPENAI|ANTHROPIC)/.test(name)))).toEqual(expected);
});

test.each([
  ['localhost:8443', 'localhost,127.0.0.1,::1', '127.0.0.1,::1'],
  ['api.github.com', 'example.com, .github.com ,localhost', 'example.com,localhost'],
  ['api.github.com', 'github.com:443,xgithub.com', 'xgithub.com'],
  ['api.github.com', '*', ''],
])('what leads past the proxy is not %s, for which the program was started: %s', (address, said, left) => {
  const before = [process.env['NO_PROXY'], process.env['no_proxy']];
  try {
    process.env['NO_PROXY'] = said;
    const { env } = nativeClient(endpoint({ forward: 'tls', address }));
    expect([env['NO_PROXY'], env['no_proxy']]).toEqual([left, left]);
  } finally {
    const names = ['NO_PROXY', 'no_proxy'];
    for (const [at, value] of before.entries())
      if (value === undefined) delete process.env[names[at] ?? ''];
      else process.env[names[at] ?? ''] = value;
  }
});

test('the forward proxy: the token in the clear stays on this machine', () => {
  const about = facts('api.github.com', { forward: true });
  expect(about).toEqual({ forward: 'tls', address: 'api.github.com' });
  const near = nativeClient(endpoint(about)).env;
  expect(near).toMatchObject({ HTTPS_PROXY: 'http://token:sp_secret@127.0.0.1:18080', NODE_USE_ENV_PROXY: '1' });
  expect(near['SALLYPORT_URL_SHOP_API']).toBeUndefined();
  expect(readFileSync(near['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8')).toBe('GATEWAY CA\nFORWARD CA\n');
  expect(nativeClient(endpoint(about, 'gateway.example.com')).env['https_proxy']).toBe('https://token:sp_secret@gateway.example.com:18080');
  expect(facts('db.internal', { forward: 'tunnel', hosts: ['*'] }, 8443)).toEqual({ forward: 'tunnel', address: 'db.internal:8443' });
});
