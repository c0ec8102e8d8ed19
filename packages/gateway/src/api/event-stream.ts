import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';

const HEARTBEAT_MS = 15_000;

/**
 * Answers with one JSON value per event until the client leaves or the items end.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  items: (signal: AbortSignal) => AsyncIterable<unknown>,
): Promise<void> {
  const left = new AbortController();
  request.raw.socket.once('close', () => left.abort());
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  raw.write(': open\n\n');
  // A comment now and then keeps proxies from closing a quiet stream, and finds a client that is gone.
  const heartbeat = setInterval(() => raw.write(':\n\n'), HEARTBEAT_MS);
  try {
    for await (const item of items(left.signal)) {
      if (!raw.write(`data: ${JSON.stringify(item)}\n\n`)) await once(raw, 'drain', { signal: left.signal });
    }
  } catch (error) {
    if (!left.signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
    raw.end();
  }
}
