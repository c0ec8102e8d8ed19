import { MAX_PKT_LINE, pktLine } from './pkt-line.ts';

/** 1 carries the data of the conversation, 2 what people are to read, 3 what ends it. */
export type Band = 1 | 2 | 3;

/** A pkt-line's length under `side-band-64k` and under the old `side-band`. */
export type BandLimit = typeof MAX_PKT_LINE | 1000;

const OVERHEAD = 5;

/**
 * Puts data on a band, in as many pkt-lines as it needs. Empty data gives one empty line, which
 * says no more than that the sender is alive.
 *
 * @see https://git-scm.com/docs/gitprotocol-pack#_packfile_data
 */
export function sideBand(band: Band, data: Buffer, limit: BandLimit = MAX_PKT_LINE): Buffer {
  const room = limit - OVERHEAD;
  const lines: Buffer[] = [];
  for (let at = 0; at === 0 || at < data.length; at += room) {
    lines.push(pktLine(Buffer.concat([Buffer.from([band]), data.subarray(at, at + room)])));
  }
  return Buffer.concat(lines);
}
