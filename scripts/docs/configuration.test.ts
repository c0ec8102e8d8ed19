import { readFile } from 'node:fs/promises';
import { loadProtocols } from '../../packages/cli/src/protocols.ts';
import { parseConfig } from '../../packages/gateway/src/config/load.ts';
import { makeReference, REFERENCE_FILE } from './configuration.ts';
import { EXAMPLES } from './configuration-examples.ts';

test('docs/configuration.md is what the schema says: node scripts/docs/configuration.ts writes it anew', async () => {
  expect(await readFile(REFERENCE_FILE, 'utf8')).toBe(await makeReference());
});

test('the examples together are a file that loads without a warning', async () => {
  const config = parseConfig(Object.values(EXAMPLES).join(''), '/etc/sallyport.yaml', await loadProtocols());
  expect(config.warnings).toEqual([]);
});
