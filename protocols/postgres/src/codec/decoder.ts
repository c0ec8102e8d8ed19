import { type Decoder, PART_BYTES, ProtocolError, type Side } from '@sallyport/core';
import type { PgFrame } from './frames.ts';
import { BACKEND, FRONTEND } from './message-types.ts';

/** Type byte and length. */
export const HEADER_BYTES = 5;
/** PostgreSQL allocates no more than this for a message (MaxAllocSize), so nobody can send more. */
const LARGE_MESSAGE_BYTES = 2 ** 30 + HEADER_BYTES;
/** What a server takes of a message that holds no more than a name (PQ_SMALL_MESSAGE_LIMIT). */
const SMALL_MESSAGE_BYTES = 10_000 + HEADER_BYTES;
/** What a server takes as an answer to an authentication request (PG_MAX_AUTH_TOKEN_LENGTH). */
const AUTH_MESSAGE_BYTES = 65_535 + HEADER_BYTES;

const SMALL_FRONTEND = [
  FRONTEND.Close,
  FRONTEND.CopyDone,
  FRONTEND.CopyFail,
  FRONTEND.Describe,
  FRONTEND.Execute,
  FRONTEND.Flush,
  FRONTEND.Sync,
  FRONTEND.Terminate,
];

export interface DecoderOptions {
  /** Largest message in bytes, header included; default 1 GiB and its header. */
  readonly maxMessageBytes?: number;
  /** Gives DataRows that lie wholly in a chunk, one behind the other, as one frame: see {@link Frame.messages}. */
  readonly rowRuns?: boolean;
}

/** Cuts what a client sends after its StartupMessage. @throws ProtocolError with side `client` */
export function frontendDecoder({ maxMessageBytes }: DecoderOptions = {}): Decoder<PgFrame> {
  const limits = maxMessageBytes === undefined ? FRONTEND_LIMITS : frontendLimits(maxMessageBytes);
  return new MessageDecoder('client', limits, undefined);
}

/** Cuts what a server sends after start-up. @throws ProtocolError with side `target` */
export function backendDecoder(options: DecoderOptions = {}): Decoder<PgFrame> {
  const { maxMessageBytes } = options;
  const limits = maxMessageBytes === undefined ? BACKEND_LIMITS : sizeLimits(Object.values(BACKEND), maxMessageBytes);
  return new MessageDecoder('target', limits, options.rowRuns === true ? BACKEND.DataRow : undefined);
}

/** Largest size in bytes by type byte; 0 where no such message exists. */
function sizeLimits(types: readonly number[], largest: number): Float64Array {
  const limits = new Float64Array(256);
  for (const type of types) limits[type] = largest;
  return limits;
}

function frontendLimits(largest: number): Float64Array {
  const limits = sizeLimits(Object.values(FRONTEND), largest);
  for (const type of SMALL_FRONTEND) limits[type] = Math.min(SMALL_MESSAGE_BYTES, largest);
  limits[FRONTEND.PasswordMessage] = Math.min(AUTH_MESSAGE_BYTES, largest);
  return limits;
}

/** All sessions share them. */
const FRONTEND_LIMITS = frontendLimits(LARGE_MESSAGE_BYTES);
const BACKEND_LIMITS = sizeLimits(Object.values(BACKEND), LARGE_MESSAGE_BYTES);

/**
 * A message that lies wholly in a chunk becomes a view of it; only one that straddles chunks is
 * copied. A message above PART_BYTES comes in parts of exactly that size and a rest, so that the
 * frames never show how the stream was split.
 */
class MessageDecoder implements Decoder<PgFrame> {
  readonly #side: Side;
  readonly #limits: Float64Array;
  readonly #runs: number | undefined;
  /** A header cut in two by the end of a chunk. */
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** The straddling message: its type, its size, and how much of it is still to come into parts. */
  #type = 0;
  #size = 0;
  #rest = 0;
  #part: Buffer | undefined;
  #partBytes = 0;
  #error: ProtocolError | undefined;

  /** @param runs the type whose messages may come as runs. */
  constructor(side: Side, limits: Float64Array, runs: number | undefined) {
    this.#side = side;
    this.#limits = limits;
    this.#runs = runs;
  }

  push(chunk: Buffer): Iterable<PgFrame> {
    const frames: PgFrame[] = [];
    // An array is read several times as fast as a generator. The frames before a broken one come
    // all the same, wherever the chunk began: hence the error waits for its turn.
    if (this.#error === undefined) {
      try {
        this.#walk(chunk, frames);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#error = error;
      }
    }
    return this.#error === undefined ? frames : thenThrow(frames, this.#error);
  }

  #walk(chunk: Buffer, frames: PgFrame[]): void {
    let at = 0;
    const end = chunk.length;
    while (at < end) {
      if (this.#part !== undefined) {
        at = this.#fillPart(this.#part, chunk, at, frames);
      } else if (this.#headerBytes > 0 || end - at < HEADER_BYTES) {
        at = this.#fillHeader(chunk, at, frames);
      } else {
        const type = chunk[at] as number;
        const size = this.#sizeOf(type, chunk.readInt32BE(at + 1));
        if (size > PART_BYTES || size > end - at) this.#open(type, size);
        else if (type === this.#runs) at = this.#takeRun(chunk, at, frames);
        else {
          frames.push({ raw: chunk.subarray(at, at + size), first: true, last: true, type, size });
          at += size;
        }
      }
    }
  }

  /** The message at `from` and those of its type behind it that lie wholly in the chunk: rows by the thousand cost one frame. */
  #takeRun(chunk: Buffer, from: number, frames: PgFrame[]): number {
    const type = chunk[from] as number;
    let [at, messages] = [from, 0];
    while (chunk.length - at >= HEADER_BYTES && chunk[at] === type) {
      const length = chunk.readInt32BE(at + 1);
      // What is broken, large or not whole is for the next turn to judge.
      if (length < HEADER_BYTES - 1 || length >= PART_BYTES || length >= chunk.length - at) break;
      at += length + 1;
      messages += 1;
    }
    frames.push({ raw: chunk.subarray(from, at), first: true, last: true, type, size: at - from, messages });
    return at;
  }

  #sizeOf(type: number, length: number): number {
    const limit = this.#limits[type] as number;
    const size = length + 1;
    if (size >= HEADER_BYTES && size <= limit) return size;
    const name = `0x${type.toString(16).padStart(2, '0')}`;
    if (limit === 0) throw new ProtocolError(this.#side, `The ${this.#side} sent a message of unknown type ${name}.`);
    throw new ProtocolError(
      this.#side,
      `The ${this.#side} sent a message of type ${name} with length ${length}, outside 4 to ${limit - 1}.`,
    );
  }

  /** Begins a message that does not lie wholly in the chunk, or comes in parts. */
  #open(type: number, size: number): Buffer {
    this.#type = type;
    this.#size = size;
    this.#rest = size;
    return this.#openPart();
  }

  #openPart(): Buffer {
    this.#partBytes = 0;
    this.#part = Buffer.allocUnsafe(Math.min(this.#rest, PART_BYTES));
    return this.#part;
  }

  #fillHeader(chunk: Buffer, at: number, frames: PgFrame[]): number {
    const taken = chunk.copy(this.#header, this.#headerBytes, at);
    this.#headerBytes += taken;
    if (this.#headerBytes === HEADER_BYTES) {
      const type = this.#header[0] as number;
      const part = this.#open(type, this.#sizeOf(type, this.#header.readInt32BE(1)));
      this.#headerBytes = 0;
      this.#fillPart(part, this.#header, 0, frames);
    }
    return at + taken;
  }

  #fillPart(part: Buffer, chunk: Buffer, at: number, frames: PgFrame[]): number {
    const taken = chunk.copy(part, this.#partBytes, at);
    this.#partBytes += taken;
    if (this.#partBytes === part.length) {
      const first = this.#rest === this.#size;
      this.#rest -= part.length;
      frames.push({ raw: part, first, last: this.#rest === 0, type: this.#type, size: this.#size });
      if (this.#rest > 0) this.#openPart();
      else this.#part = undefined;
    }
    return at + taken;
  }
}

function* thenThrow(frames: readonly PgFrame[], error: ProtocolError): Generator<PgFrame> {
  yield* frames;
  throw error;
}
