import type { Protocol } from '@sallyport/core';
import { serve } from './serve.ts';
import { targetSchema } from './target-schema.ts';

const DEFAULT_PORT = 22;

/** SSH, version 2: shells, commands, files and tunnels, each channel judged and recorded. RFC 4251 to 4254. */
export function ssh(): Pick<Protocol, 'name' | 'defaultPort' | 'targetSchema' | 'serve' | 'close'> {
  return {
    name: 'ssh',
    defaultPort: DEFAULT_PORT,
    targetSchema,
    serve,
    close: () => Promise.resolve(),
  };
}
