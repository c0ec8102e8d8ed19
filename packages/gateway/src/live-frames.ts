import type { Side } from '@sallyport/core';
import { Feed } from './feed.ts';

/** How much may wait for one who watches, in bytes of base64. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

/** What one who watches a session's frames gets: first the moment when the frames begin, in the end perhaps why. */
export type LiveFrame =
  | { readonly type: 'open'; readonly at: number }
  /** `before`: how much of this side was recorded before it, in bytes. */
  | { readonly type: 'frame'; readonly from: Side; readonly at: number; readonly before: number; readonly data: string }
  | { readonly type: 'lagged'; readonly message: string };

/** A session's frames as they are recorded, for those who watch. Without them it costs a sum. */
export class LiveFrames {
  readonly #feed = new Feed<LiveFrame>({
    weigh: { of: (frame) => (frame.type === 'frame' ? frame.data.length : 0), most: MOST_WAITING_BYTES },
    lagged: { type: 'lagged', message: 'The session says more than can be shown in time: watch it again, or replay it later.' },
  });
  readonly #recorded: Record<Side, number> = { client: 0, target: 0 };

  publish(from: Side, data: Buffer): void {
    const before = this.#recorded[from];
    this.#recorded[from] += data.length;
    if (this.#feed.watched) this.#feed.publish({ type: 'frame', from, at: Date.now(), before, data: data.toString('base64') });
  }

  close(): void {
    this.#feed.close();
  }

  /** @param durable resolves when all that was recorded before can be read: what follows goes on from there. */
  async *watch(signal: AbortSignal, durable: () => Promise<void> | undefined): AsyncGenerator<LiveFrame> {
    const frames = this.#feed.watch(signal);
    let next = frames.next();
    const at = Date.now();
    try {
      await durable();
      yield { type: 'open', at };
      for (let frame = await next; frame.done !== true; frame = await next) {
        yield frame.value;
        next = frames.next();
      }
    } finally {
      await frames.return(undefined);
    }
  }
}
