import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Protocol } from '@sallyport/core';
import { openKeys } from '@sallyport/identity';
import { forwardAuthorityOf } from './certificates.ts';
import type { Config, TargetConfig } from './config/config.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-certificates-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const protocols = [
  { name: 'plain' },
  { name: 'web', interceptedHosts: ({ options }: { options: unknown }) => options },
] as unknown as readonly Protocol[];
const config = (...targets: readonly { protocol: string; options?: readonly string[] }[]): Pick<Config, 'targets'> => ({
  targets: targets as unknown as readonly TargetConfig[],
});

test('no forward CA is made where no target wants one', async () => {
  const keys = await openKeys(home);
  expect(await forwardAuthorityOf(config({ protocol: 'plain' }, { protocol: 'web', options: [] }), keys, protocols)).toBeUndefined();
  expect(existsSync(join(home, 'keys', 'forward-ca-key.pem'))).toBe(false);
});

test('it is for the hosts of all targets, in whatever order they stand', async () => {
  const keys = await openKeys(home);
  const [one, two] = [
    { protocol: 'web', options: ['b.test', 'a.test'] },
    { protocol: 'web', options: ['c.test', 'a.test'] },
  ];
  const authority = await forwardAuthorityOf(config(one, { protocol: 'plain' }, two), keys, protocols);
  const made = readFileSync(authority?.caFile ?? '');
  expect(made.toString()).toContain('BEGIN CERTIFICATE');
  await forwardAuthorityOf(config(two, one), keys, protocols);
  expect(readFileSync(authority?.caFile ?? '')).toEqual(made);
  await forwardAuthorityOf(config(two), keys, protocols);
  expect(readFileSync(authority?.caFile ?? '')).not.toEqual(made);
});
