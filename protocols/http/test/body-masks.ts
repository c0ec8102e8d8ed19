import type { ContentMasks, TextStream } from '@sallyport/core';
import { compileMasks, type MaskRule } from '../../../packages/masking/src/index.ts';

const KEYS = { hashKey: Buffer.alloc(32, 7), tokenKey: Buffer.alloc(32, 8) };

/** The masks of rules as the gateway compiles them, for somebody whom all of them concern. */
export function masksOf(...rules: readonly Partial<MaskRule>[]): ContentMasks {
  const named = rules.map((rule, index) => ({ name: `rule ${index}`, columns: [], method: 'redact' as const, ...rule }));
  const masks = compileMasks(named, KEYS);
  const [alice, api] = [{ name: 'alice', kind: 'person', groups: [] } as const, { name: 'api' }];
  return { text: masks.forText(alice, api), fields: masks.forFields(alice, api) };
}

/** What leaves for bytes that come in pieces of these sizes, over and over. One character for each byte. */
export function inPieces(stream: TextStream, bytes: Buffer, sizes: readonly number[]): string {
  const out: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    // Each piece has memory of its own, which is then written over, as a socket's reader may do.
    const piece = Buffer.from(bytes.subarray(at, at + size));
    out.push(Buffer.from(stream.push(piece)));
    piece.fill('#');
    at += size;
  }
  return Buffer.concat([...out, stream.flush()]).toString('latin1');
}
