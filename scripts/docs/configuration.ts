import { writeFile } from 'node:fs/promises';
import { loadProtocols } from '../../packages/cli/src/protocols.ts';
import { configReference } from '../../packages/gateway/src/config/reference.ts';
import { EXAMPLES } from './configuration-examples.ts';

/** Where the reference lies in the repository. */
export const REFERENCE_FILE: URL = new URL('../../docs/configuration.md', import.meta.url);

/** docs/configuration.md as it should be now. */
export async function makeReference(): Promise<string> {
  return configReference(await loadProtocols(), EXAMPLES);
}

if (import.meta.main) await writeFile(REFERENCE_FILE, await makeReference());
