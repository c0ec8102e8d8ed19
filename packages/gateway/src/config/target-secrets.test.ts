import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from './load.ts';
import { sampleProtocol } from './sample-protocol.ts';
import { resolveSecrets, withoutSecrets } from './target-secrets.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-secrets-'));
});
afterAll(() => rm(folder, { recursive: true }));

function targetWith(credentials: string, more = '') {
  const text = `targets:\n  db: { protocol: postgres, address: db, credentials: { ${credentials} } ${more} }`;
  const [target] = parseConfig(text, join(folder, 'sallyport.yaml'), [sampleProtocol()]).targets;
  if (target === undefined) throw new Error('no target');
  return target;
}

test('variables and files take the place of their references', async () => {
  await writeFile(join(folder, 'pw'), 'hunter2\n');
  await writeFile(join(folder, 'ca.pem'), 'CA\n');
  const target = await resolveSecrets(targetWith('username: "${env:DB_USER}", password: "${file:pw}"', ', ca: ca.pem'), { DB_USER: 'app' });
  expect(target).toEqual({
    name: 'db',
    protocol: 'postgres',
    host: 'db',
    port: 5432,
    tls: { mode: 'verify-full', ca: 'CA\n' },
    credentials: { username: 'app', password: 'hunter2' },
    labels: {},
    options: { databases: [], functions: [], sign_in: 'auto' },
  });
});

test('what cannot be had is named, never its value', async () => {
  const missing = targetWith('username: app, password: "${env:DB_PASSWORD}"');
  await expect(resolveSecrets(missing, {})).rejects.toThrow(
    'targets.db.credentials.password refers to the environment variable DB_PASSWORD, which is not set. Set it where the gateway is started.',
  );
  await expect(resolveSecrets(missing, { DB_PASSWORD: '' })).rejects.toThrow('which is empty');
  await expect(resolveSecrets(targetWith('username: app, password: "${file:nowhere}"'))).rejects.toThrow(
    `refers to the file ${join(folder, 'nowhere')}, which does not exist`,
  );
  await writeFile(join(folder, 'huge'), Buffer.alloc(300 * 1024));
  await expect(resolveSecrets(targetWith('username: app, password: "${file:huge}"'))).rejects.toThrow('is larger than 256 KiB');
});

test('a target without its secrets', () => {
  expect(withoutSecrets(targetWith('username: app, password: "${env:NONE}"'))).toMatchObject({
    name: 'db',
    credentials: { username: '' },
    tls: { mode: 'verify-full' },
  });
});
