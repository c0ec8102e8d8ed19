import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCommand } from './site.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-ca-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function forwardCa(target: string) {
  const file = join(folder, 'sallyport.yaml');
  await writeFile(file, `data_dir: ./data\ntargets:\n  github: { protocol: http, address: api.github.com, ${target} }\n`);
  return startCommand(['ca', 'forward'], {}, { SALLYPORT_CONFIG: file, NO_COLOR: '1' }).outcome;
}

test('ca forward prints the CA on stdout and where it lies on stderr', async () => {
  const { code, stdout, stderr } = await forwardCa('forward: true, hosts: [uploads.github.com]');
  expect({ code, stderr }).toEqual({ code: 0, stderr: `${join(folder, 'data', 'keys', 'forward-ca.pem')}\n` });
  expect(new X509Certificate(stdout).ca).toBe(true);
});

test('ca forward says so where no target ends TLS', async () => {
  const { code, stdout, stderr } = await forwardCa('forward: tunnel');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('There is no forward CA: no target in');
});
