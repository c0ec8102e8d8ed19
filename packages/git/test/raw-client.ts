import { connect } from 'node:net';
import { join } from 'node:path';
import type { GitBench } from './git-bench.ts';

/**
 * A client of `git-receive-pack` that sends these bytes whatever is advertised, and leaves its side
 * open, as some do.
 *
 * @returns all that came, the advertisement included.
 */
export async function receivePack(bench: GitBench, bytes: Buffer): Promise<string> {
  const socket = connect({ path: join(bench.directory, 'relay'), allowHalfOpen: true });
  socket.write(`${JSON.stringify({ command: `git-receive-pack '${bench.target}'`, protocol: '' })}\n`);
  socket.write(bytes);
  let answer = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) answer += chunk.toString('latin1');
  socket.end();
  return answer;
}
