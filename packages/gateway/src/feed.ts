/** How far a watcher may lag before it is let go: watching never slows what is watched. */
const MOST_WAITING = 1_000;

/** What happens, for whoever watches right now. Nothing is kept for those who come later. */
export class Feed<T> {
  readonly #watchers = new Set<Watcher<T>>();

  publish(item: T): void {
    for (const watcher of this.#watchers) {
      if (watcher.waiting.length >= MOST_WAITING) watcher.over = true;
      else watcher.waiting.push(item);
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
    const watcher: Watcher<T> = { waiting: [], over: false, wake: () => undefined };
    const stop = (): void => {
      watcher.over = true;
      watcher.wake();
    };
    this.#watchers.add(watcher);
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        const item = watcher.waiting.shift();
        if (item !== undefined) yield item;
        else if (watcher.over || signal.aborted) return;
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
  over: boolean;
  wake(): void;
}
