import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { reach, secureTarget, type Target } from '@sallyport/core';
import { authorityOf } from '../upstream/http1-upstream.ts';

/** What is read of an answer. */
const MOST_BYTES = 256 * 1024;

/** What a server answered to a question that changes nothing. */
export interface Probed {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The beginning of it. */
  readonly body: string;
}

/** Does something with a connection to a server, secured as its target says, and closes it. @throws GatewayError, and what `use` throws */
export async function connected<T>(
  target: Target,
  version: 'http/1.1' | 'h2',
  signal: AbortSignal,
  use: (socket: Duplex) => Promise<T>,
): Promise<T> {
  const reached = await reach(target, signal);
  // What breaks behind the last question is nobody's matter.
  reached.on('error', () => undefined);
  try {
    const socket = target.tls.mode === 'disable' ? reached : await secureTarget(reached, target, signal, version);
    return await use(socket.on('error', () => undefined));
  } finally {
    reached.destroy();
  }
}

/**
 * Asks a server something, over a connection of its own and as HTTP/1.1.
 *
 * @param credential the field that signs the gateway in.
 * @throws GatewayError where it cannot be reached or proves nothing, Error for an answer that is no HTTP
 */
export async function probe(
  target: Target,
  method: 'GET' | 'HEAD',
  path: string,
  credential: readonly [string, string] | undefined,
  signal: AbortSignal,
): Promise<Probed> {
  return connected(target, 'http/1.1', signal, async (socket) => {
    const fields = ['host', authorityOf(target), 'user-agent', 'sallyport-doctor', 'accept', '*/*', 'connection', 'close'];
    const headers = [...fields, ...(credential ?? [])];
    const asked = request({ createConnection: () => socket, method, path, headers, signal, setHost: false });
    asked.end();
    const answer = await new Promise<IncomingMessage>((resolve, reject) => asked.once('response', resolve).once('error', reject));
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await beginningOf(answer) };
  });
}

async function beginningOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= MOST_BYTES) break;
  }
  return Buffer.concat(parts).toString();
}
