import type { Duplex } from 'node:stream';
import type { Fields } from '../message/fields.ts';

/** A request as it goes to the target: what has no business there is gone, and what signs the gateway in is in place. */
export interface Outgoing {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly fields: Fields;
  /** null: none. Of a length only where the fields say `content-length`. */
  readonly body: Buffer | AsyncIterable<Buffer> | null;
}

/** What the target answers. Whoever has it must read the body or end it. */
export interface Answer {
  readonly status: number;
  readonly fields: Fields;
  /** Reading ends it: breaking off cuts the answer. @throws GatewayError when the target breaks off */
  readonly body: AsyncIterable<Buffer>;
  /** There is no body, and the head was all: it carries the trailers as well. */
  readonly headOnly: boolean;
  /** Known when the body has been read. */
  trailers(): Fields;
}

/** The target agreed to speak something else on the connection. */
export interface Upgraded {
  readonly status: number;
  readonly fields: Fields;
  readonly socket: Duplex;
}

/** The target's side of exchanges. */
export interface Upstream {
  /** @throws GatewayError when there is no answer, the signal's reason */
  send(request: Outgoing, signal: AbortSignal): Promise<Answer>;
  close(): void;
}
