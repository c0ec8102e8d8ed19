/** How far a watcher may lag before it is let go: watching never slows what is watched. */
const MOST_WAITING = 1_000;

export interface FeedOptions<T> {
  /** What one item weighs, and how much may wait for a watcher. */
  readonly weigh?: { readonly of: (item: T) => number; readonly most: number };
  /** The last item for a watcher that lagged too far. */
  readonly lagged?: T;
}

/** What happens, for whoever watches right now. Nothing is kept for those who come later. */
export class Feed<T> {
  readonly #watchers = new Set<Watcher<T>>();
  readonly #options: FeedOptions<T>;

  constructor(options: FeedOptions<T> = {}) {
    this.#options = options;
  }

  /** Somebody watches. */
  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  publish(item: T): void {
    const { weigh, lagged } = this.#options;
    const weight = weigh?.of(item) ?? 0;
    for (const watcher of this.#watchers) {
      if (watcher.over) continue;
      watcher.weight += weight;
      const lags = watcher.waiting.length >= MOST_WAITING || watcher.weight > (weigh?.most ?? Infinity);
      if (!lags) watcher.waiting.push(item);
      else if (lagged !== undefined) watcher.waiting.push(lagged);
      watcher.over = lags;
      watcher.wake();
    }
  }

  /** Ends every watcher after what already waits for it. */
  close(): void {
    for (const watcher of this.#watchers) {
      watcher.over = true;
      watcher.wake();
    }
  }

  /** Everything published from now on, until `signal` aborts, the feed closes or the watcher lags too far. */
  async *watch(signal: AbortSignal): AsyncGenerator<T> {
    const watcher: Watcher<T> = { waiting: [], weight: 0, over: false, wake: () => undefined };
    const stop = (): void => {
      watcher.over = true;
      watcher.wake();
    };
    this.#watchers.add(watcher);
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        const item = watcher.waiting.shift();
        if (item !== undefined) {
          watcher.weight -= this.#options.weigh?.of(item) ?? 0;
          yield item;
        } else if (watcher.over || signal.aborted) return;
        else
          await new Promise<void>((resolve) => {
            watcher.wake = resolve;
          });
      }
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', stop);
    }
  }
}

interface Watcher<T> {
  readonly waiting: T[];
  weight: number;
  over: boolean;
  wake(): void;
}
