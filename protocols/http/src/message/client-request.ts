import type { Readable } from 'node:stream';
import type { Fields } from './fields.ts';

/** A request as a client sent it, whatever version of HTTP it speaks. */
export interface ClientRequest {
  /** `other`: none that is served. */
  readonly version: '1.0' | '1.1' | '2' | 'other';
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  /** `Host` or `:authority`. */
  readonly authority: string;
  /** Without pseudo-header fields. */
  readonly fields: Fields;
  /** Bytes that the body will have; undefined: not known. 0 without a body. */
  readonly length: number | undefined;
  readonly body: Readable;
  /** The client sends the body only when it is told to: RFC 9110 section 10.1.1. */
  readonly expectsContinue: boolean;
}

/** Where the answer goes. */
export interface Reply {
  /** The head has been written. */
  readonly started: boolean;
  /** The client has left before the answer was complete. */
  readonly left: boolean;
  /** Calls back when it leaves. One callback, for whoever serves the request. */
  whenLeft(told: () => void): void;
  /** Tells the client to send the body. */
  continue(): void;
  /** @param end there is no body. */
  head(status: number, fields: Fields, end?: boolean): void;
  /** Sends the head by itself, where the body has not begun yet. */
  flush(): void;
  /** @returns false: wait for {@link drained} before more is written. */
  write(chunk: Buffer): boolean;
  /** Resolves when more can be written. @throws GatewayError ERR_ENDED when the client has left */
  drained(): Promise<void>;
  end(last?: Buffer, trailers?: Fields): void;
  /** Cuts the answer off: the client must not take what it has for the whole. */
  destroy(): void;
}
