import { pktLine } from './pkt-line.ts';
import { showable } from './showable.ts';

/**
 * The line with which a server refuses, in the place of whatever would follow: git shows `remote error: …` and gives up.
 *
 * @see https://git-scm.com/docs/gitprotocol-pack#_pkt_line_format
 */
export function errorLine(message: string): Buffer {
  return pktLine(`ERR ${showable(message)}\n`);
}
