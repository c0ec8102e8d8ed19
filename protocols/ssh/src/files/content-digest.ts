import { createHash, type Hash } from 'node:crypto';

/** Content that came before what stands in front of it. */
export const MAX_EARLY_BYTES = 4 * 1024 * 1024;
/** The same, over all files of a channel. */
export const MAX_CHANNEL_EARLY_BYTES = 32 * 1024 * 1024;

/** What a piece that waits costs besides its bytes: many small ones must not cost more than is counted. */
const PIECE_BYTES = 128;

/** What the files of one channel may keep together. */
export class EarlyBudget {
  #bytes = 0;

  take(bytes: number): boolean {
    if (this.#bytes + bytes > MAX_CHANNEL_EARLY_BYTES) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** What is known of a content when its transfer ends. */
export interface Digested {
  /** Hex; null where the content was not seen once, in order and without gaps. */
  readonly sha256: string | null;
  /** Why there is no digest. */
  readonly why?: string;
  /** Where the content begins in its file, if not at 0: a transfer that was taken up again. */
  readonly offset?: number;
  readonly bytes: number;
  /** The end of what was transferred. */
  readonly end: number;
}

/**
 * SHA-256 over a content in the order of its offsets, although its pieces come in any order. What comes early is kept
 * until its turn, within {@link MAX_EARLY_BYTES}.
 */
export class ContentDigest {
  readonly #budget: EarlyBudget;
  #hash: Hash | undefined = createHash('sha256');
  #why: string | undefined;
  #start: number | undefined;
  /** All before this offset is in the hash. */
  #next = 0;
  #end = 0;
  #bytes = 0;
  readonly #early = new Map<number, Buffer>();
  #earlyBytes = 0;

  constructor(budget: EarlyBudget) {
    this.#budget = budget;
  }

  /** The first piece that is asked for, or sent, is where the content begins. */
  begin(offset: number): void {
    if (this.#start !== undefined) return;
    this.#start = offset;
    this.#next = offset;
    this.#end = offset;
  }

  /** A piece of the content. Copied if it must wait. */
  add(offset: number, data: Buffer): void {
    this.begin(offset);
    if (data.length === 0) return;
    this.#bytes += data.length;
    this.#end = Math.max(this.#end, offset + data.length);
    if (this.#hash === undefined) return;
    if (!Number.isSafeInteger(offset + data.length)) this.giveUp('an offset is beyond 2^53');
    else if (offset === this.#next) this.#advance(data);
    else if (offset < this.#next || this.#early.has(offset)) this.giveUp('a part was transferred more than once');
    else this.#keep(offset, data);
  }

  /** A piece that goes behind all others, whatever the offset says: the file is open for appending. */
  append(offset: number, data: Buffer): void {
    this.begin(offset);
    this.add(this.#next, data);
  }

  /** The file is cut or grown to this size. Where that is the end of what has come it changes nothing. */
  resize(size: number): void {
    if (size !== this.#end || this.#early.size > 0) this.giveUp('its size was set while it was open');
  }

  /** No digest can be had. Only the first reason counts. */
  giveUp(why: string): void {
    this.#why ??= why;
    this.#hash = undefined;
    this.#forget();
  }

  finish(): Digested {
    if (this.#early.size > 0) this.giveUp('parts are missing, or overlap');
    const sha256 = this.#hash?.digest('hex') ?? null;
    this.#hash = undefined;
    return {
      sha256,
      ...(this.#why !== undefined && { why: this.#why }),
      ...(this.#start !== undefined && this.#start > 0 && { offset: this.#start }),
      bytes: this.#bytes,
      end: this.#end,
    };
  }

  #advance(data: Buffer): void {
    this.#hash?.update(data);
    this.#next += data.length;
    for (let waiting = this.#early.get(this.#next); waiting !== undefined; waiting = this.#early.get(this.#next)) {
      this.#early.delete(this.#next);
      this.#release(waiting.length + PIECE_BYTES);
      this.#hash?.update(waiting);
      this.#next += waiting.length;
    }
  }

  #keep(offset: number, data: Buffer): void {
    const cost = data.length + PIECE_BYTES;
    if (this.#earlyBytes + cost > MAX_EARLY_BYTES || !this.#budget.take(cost)) {
      this.giveUp('its parts came too far out of order');
      return;
    }
    this.#earlyBytes += cost;
    this.#early.set(offset, Buffer.from(data));
  }

  #release(bytes: number): void {
    this.#earlyBytes -= bytes;
    this.#budget.give(bytes);
  }

  #forget(): void {
    this.#release(this.#earlyBytes);
    this.#early.clear();
  }
}
