import { ProtocolError } from '@sallyport/core';
import { PUSH_CAPABILITIES } from './capabilities.ts';
import { type PktLine, PktLineDecoder, pktLine } from './pkt-line.ts';

/**
 * Edits what `git-receive-pack` says first, so that only such pushes come as can be judged. It adds
 * `no-thin`, with which clients send packs that stand alone, and takes away every capability that
 * the gateway does not know. All other bytes, and whatever follows, pass as they are.
 *
 * @throws ProtocolError
 * @see https://git-scm.com/docs/gitprotocol-pack#_reference_discovery
 */
export class AdvertisementEditor {
  readonly #decoder = new PktLineDecoder('target');
  #done = false;

  push(chunk: Buffer): Buffer {
    if (this.#done) return chunk;
    const pieces: Buffer[] = [];
    for (const line of this.#decoder.push(chunk)) {
      pieces.push(this.#edit(line));
      if (this.#done) return Buffer.concat([...pieces, this.#decoder.rest()]);
    }
    return Buffer.concat(pieces);
  }

  #edit(line: PktLine): Buffer {
    const nul = line.payload.indexOf(0);
    if (nul < 0) {
      if (line.type !== 'data' || /^(# service=git-receive-pack|version 1|ERR )/.test(line.payload.toString('latin1'))) return line.raw;
      throw new ProtocolError(
        'target',
        'The target offers refs without its capabilities: the gateway speaks git protocol 0 and 1 for pushes.',
      );
    }
    this.#done = true;
    const list = line.payload
      .toString('latin1', nul + 1)
      .trim()
      .split(' ');
    const kept = list.filter((word) => word !== 'no-thin' && PUSH_CAPABILITIES.has(word.replace(/=.*/s, '')));
    return pktLine(Buffer.concat([line.payload.subarray(0, nul + 1), Buffer.from(`${[...kept, 'no-thin'].join(' ')}\n`, 'latin1')]));
  }
}
