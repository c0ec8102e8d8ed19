/** The two ends of a session: `client` asked for it, `target` answers. */
export type Side = 'client' | 'target';

/**
 * One protocol message, or one part of a message larger than {@link PART_BYTES}.
 *
 * `raw` holds the exact bytes that were read, header included, so that an untouched frame can be
 * forwarded without being built anew. A whole message has `first` and `last` both true.
 */
export interface Frame {
  readonly raw: Buffer;
  readonly first: boolean;
  readonly last: boolean;
  /** Given where `raw` holds several whole messages that came together; they are counted as so many frames. */
  readonly messages?: number;
}

/** Messages above this many bytes come as several frames, each at most this long. */
export const PART_BYTES = 1 << 20;

/**
 * Cuts a byte stream into frames. Pure and synchronous: no sockets, no timers, memory bounded by
 * {@link PART_BYTES}. How the stream was split into chunks never shows in the frames.
 *
 * @throws ProtocolError and nothing else; lengths are checked before anything is allocated.
 */
export interface Decoder<F extends Frame> {
  push(chunk: Buffer): Iterable<F>;
}

/** Whole frames for one side. The pump puts nothing local between the parts of one message. */
export interface Out {
  readonly to: Side;
  readonly data: Buffer;
}

/**
 * What a relay answers to one frame. The iterable form is for what must wait: a hold first yields
 * its notice and later its outcome. The direction that got it stands still until it ends; the
 * other direction goes on.
 */
export type Step = readonly Out[] | AsyncIterable<readonly Out[]>;

/**
 * One session's conversation as a reducer: a frame in, zero or more pieces out. It owns the
 * session's state and no socket, timer or callback.
 */
export interface Relay<C extends Frame, T extends Frame = C> {
  fromClient(frame: C): Step;
  fromTarget(frame: T): Step;
  /** The client left, or the session is being ended: aborts a held command. What it sent before it runs. */
  clientGone(): void;
  /** The session is over: nothing may wait, be judged or run any more. */
  over?(): void;
  /** With this message the client says goodbye. Asked as it arrives, also behind a held command. */
  leaves?(frame: C): boolean;
  /** The target owes answers. */
  busy?(): boolean;
  /** A command waits for a person right now: its client must not be able to leave unseen. */
  held?(): boolean;
}
