import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@sallyport/gateway';
import { checkCertificates } from './certificate-checks.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
  mkdirSync(join(home, 'keys'));
});
afterEach(() => rmSync(home, { recursive: true }));

const check = (more: object = {}) => checkCertificates({ dataDir: home, tls: { names: [] }, ...more } as unknown as Config);
function make(file: string, days: number): string {
  const args = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=ca', '-days', String(days)];
  execFileSync('openssl', [...args, '-keyout', join(home, 'any.key'), '-out', file], { stdio: 'pipe' });
  return file;
}

test('nothing is said of what is not made yet', async () => {
  expect(await check()).toEqual([]);
});

test.each([
  [90, 'ok'],
  [31, 'ok'],
  [29, 'warning'],
])('a forward CA that is good for %i days is %s', async (days, level) => {
  make(join(home, 'keys', 'forward-ca.pem'), days);
  expect(await check()).toMatchObject([{ check: 'forward_ca', level }]);
});

test("a company's CA is looked at in its place", async () => {
  make(join(home, 'keys', 'forward-ca.pem'), 90);
  const cert = make(join(home, 'own.pem'), 20);
  expect(await check({ forwardCa: { cert, key: join(home, 'any.key') } })).toMatchObject([
    { check: 'forward_ca', level: 'warning', mend: expect.stringContaining('SIGHUP') },
  ]);
  expect(await check({ forwardCa: { cert: join(home, 'none.pem'), key: '' } })).toMatchObject([
    { level: 'problem', message: expect.stringContaining('forward_ca.cert') },
  ]);
  writeFileSync(cert, 'nothing');
  expect(await check({ forwardCa: { cert, key: '' } })).toMatchObject([
    { level: 'problem', message: expect.stringContaining('holds no certificate') },
  ]);
});
