import type { TextMask } from '@sallyport/core';

/** So much is looked at in one go: where nothing may be found in it, no string of it needs a look of its own. */
const STRETCH = 4096;
const NOTHING = Buffer.alloc(0);

/** Asks a mask about many small parts of a piece, in order, and mostly by asking about all of them at once. */
export class QuietStretch {
  readonly #mask: TextMask;
  #bytes: Buffer = NOTHING;
  #quietFrom = 0;
  #quietTo = 0;
  #loudTo = 0;

  constructor(mask: TextMask) {
    this.#mask = mask;
  }

  begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#quietFrom = 0;
    this.#quietTo = 0;
    this.#loudTo = 0;
  }

  /** See {@link TextMask.mayFind}. */
  mayFind(start: number, end: number): boolean {
    if (start >= this.#quietFrom && end <= this.#quietTo) return false;
    if (end > this.#loudTo) {
      const to = Math.min(this.#bytes.length, Math.max(end, start + STRETCH));
      if (!this.#mask.mayFind(this.#bytes, start, to)) {
        this.#quietFrom = start;
        this.#quietTo = to;
        return false;
      }
      this.#loudTo = to;
    }
    return this.#mask.mayFind(this.#bytes, start, end);
  }
}
