import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@sallyport/gateway';
import { postgres } from '@sallyport/postgres';
import fc from 'fast-check';
import { configurationText, type Draft } from './configuration.ts';

const protocols = [postgres()];
const folder = mkdtempSync(join(tmpdir(), 'sallyport-init-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DRAFT: Draft = {
  where: { protocol: protocols[0] as Draft['where']['protocol'], host: 'db.internal', port: 5432, username: 'app', database: 'shop' },
  beginning: { name: 'shop', person: 'alice', agent: 'copilot', approver: 'dana', shadow: false },
  tls: 'verify-full',
  product: 'PostgreSQL 18.1',
  masks: [],
  listen: '127.0.0.1:15432',
  admin: '127.0.0.1:8420',
  password: '${file:./secrets/shop.password}',
  folder,
};

async function load(draft: Draft) {
  const file = join(folder, 'sallyport.yaml');
  writeFileSync(file, configurationText(draft));
  return loadConfig(file, protocols);
}

test('is valid and without a warning', async () => {
  const config = await load(DRAFT);
  expect(config.warnings).toEqual([]);
  expect(config.targets[0]).toMatchObject({
    name: 'shop',
    host: 'db.internal',
    tls: { mode: 'verify-full' },
    options: { database: 'shop' },
  });
  expect(config.users.map(({ name, kind, groups }) => [name, kind, groups])).toEqual([
    ['alice', 'person', ['developers']],
    ['dana', 'person', ['approvers']],
    ['copilot', 'agent', ['agents']],
  ]);
  expect(config.policy.rules.every(({ enforce }) => enforce)).toBe(true);
  expect(config.policy.defaults).toEqual({ person: ['read', 'write', 'session'], agent: ['read', 'session'] });
});

test('in shadow mode every rule watches, and no default stops anything', async () => {
  const { policy } = await load({ ...DRAFT, beginning: { ...DRAFT.beginning, shadow: true } });
  expect(policy.rules.map(({ enforce }) => enforce)).toEqual([false, false, false]);
  expect(policy.defaults.person).toEqual(expect.arrayContaining(['ddl', 'privilege', 'admin', 'unknown']));
  expect(policy.defaults.agent).toEqual(policy.defaults.person);
});

test('a weaker TLS stands there with its reason, a CA with its path', async () => {
  const weaker = 'The certificate is signed by itself, which nothing here trusts. Mend: name it: ca: FILE (fingerprint AB:CD).';
  const text = configurationText({ ...DRAFT, tls: 'require', weaker });
  expect(text).toContain('    # The certificate is signed by itself');
  expect((await load({ ...DRAFT, tls: 'require', weaker })).targets[0]?.tls).toEqual({ mode: 'require' });
  const ca = { file: join(folder, 'certs', 'ca.pem'), pem: '' };
  expect((await load({ ...DRAFT, where: { ...DRAFT.where, ca } })).targets[0]?.tls.caFile).toBe(ca.file);
});

test('any names come back as they are', async () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((each) => !each.includes('${') && each.isWellFormed());
  const column = fc.string({ minLength: 1 }).map((each) => `*."${each.replaceAll('"', '""')}"`);
  const property = fc.asyncProperty(text, text, column, async (username, database, pattern) => {
    const masks: Draft['masks'] = [{ name: 'secrets', columns: [pattern], method: 'null', found: [] }];
    const { targets, masks: read } = await load({ ...DRAFT, where: { ...DRAFT.where, username, database, host: '::1' }, masks });
    expect(targets[0]).toMatchObject({
      host: '::1',
      port: 5432,
      credentials: { username: { from: 'literal', value: username } },
      options: { database },
    });
    expect(read).toEqual([{ name: 'secrets', columns: [pattern], method: 'null' }, expect.objectContaining({ name: 'secrets anywhere' })]);
  });
  await fc.assert(property, { numRuns: 100 });
});
