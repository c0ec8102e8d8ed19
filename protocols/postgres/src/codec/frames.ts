import type { Frame } from '@sallyport/core';

/**
 * A PostgreSQL 3.x message after start-up, or a part of one:
 * `type Byte1 | length Int32 (counts itself, not the type) | body`.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 *
 * Parts of a large message all carry its `type`; only the first one begins with the header.
 */
export interface PgFrame extends Frame {
  /** The message's type byte, 0x51 for `Q`. */
  readonly type: number;
  /** Bytes of the whole message on the wire: 1 + the length field. Of a run: of all its messages. */
  readonly size: number;
}
