import type { Frame } from '@sallyport/core';

/** Most bytes of payload in one packet. A packet that is full is continued by the next one. */
export const MAX_PAYLOAD_BYTES = 0xff_ff_ff;
/** Length and sequence number. */
export const HEADER_BYTES = 4;

/**
 * A packet, or a part of a large one: `length Int24 | sequence Int8 | payload`, little endian. A message is one packet,
 * or several of which all but the last are full.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
 */
export interface MyFrame extends Frame {
  /** The packet's sequence number, also in its later parts. */
  readonly sequence: number;
  /** `raw` begins with a packet's header. */
  readonly header: boolean;
  /** `raw` without the header; of a run, without its first one. */
  readonly payload: Buffer;
  /** Bytes of payload of the whole packet; of a run, length of `payload`. */
  readonly size: number;
}

/** Where the packet ends whose header begins at `at`. */
export function packetEnd(bytes: Buffer, at: number): number {
  return at + HEADER_BYTES + ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16));
}
