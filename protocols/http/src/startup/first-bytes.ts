import { once } from 'node:events';
import type { Duplex } from 'node:stream';

/** The first byte of a TLS record that carries a handshake: RFC 8446 section 5.1. */
const TLS_HANDSHAKE = 0x16;
/** How HTTP/2 without TLS begins ({@link https://www.rfc-editor.org/rfc/rfc9113#section-3.4 RFC 9113, section 3.4}); no method is called PRI. */
const HTTP2 = Buffer.from('PRI * HTTP/2.0\r\n');

export type FirstWords = 'tls' | 'http/2' | 'http/1.1';

/**
 * What a client speaks, by its first bytes, which stay to be read.
 *
 * @returns undefined: it left without a word. @throws the signal's reason
 */
export async function firstWords(socket: Duplex, signal: AbortSignal): Promise<FirstWords | undefined> {
  const parts: Buffer[] = [];
  let words: FirstWords | undefined;
  while (words === undefined) {
    const part = socket.read() as Buffer | null;
    if (part !== null) words = recognise(Buffer.concat([...parts.splice(0), part]), parts);
    else if (socket.readableEnded || socket.destroyed) break;
    else await Promise.race([once(socket, 'readable', { signal }), once(socket, 'close', { signal }), once(socket, 'end', { signal })]);
  }
  signal.throwIfAborted();
  if (parts.length > 0) socket.unshift(Buffer.concat(parts));
  // Node.js forgets in the next turn only that somebody waited for `readable`.
  await new Promise(setImmediate);
  return words;
}

function recognise(bytes: Buffer, parts: Buffer[]): FirstWords | undefined {
  parts.push(bytes);
  if (bytes[0] === TLS_HANDSHAKE) return 'tls';
  const begins = HTTP2.subarray(0, bytes.length).equals(bytes.subarray(0, HTTP2.length));
  if (!begins) return 'http/1.1';
  return bytes.length >= HTTP2.length ? 'http/2' : undefined;
}
