import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Start-up is mostly reading our own sources: what was read once is kept beside the runtime.
enableCompileCache(fileURLToPath(new URL('../../../.runtime/cache/compiled', import.meta.url)));
const { run } = await import('./program.ts');
await run(process.argv.slice(2));
