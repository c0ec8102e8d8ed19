import { type ApprovalRow, GatewayError } from '@sallyport/core';

/** Approvals that a watcher may be behind by. Changes of one approval are merged. */
const MAX_BEHIND = 1_000;

/** Tells watchers what changes. */
export class ApprovalFeed {
  readonly #watchers = new Set<Watcher>();

  publish(row: ApprovalRow): void {
    for (const watcher of this.#watchers) watcher.push(row);
  }

  /**
   * Approvals as they are after each change, beginning with those given; of several changes since
   * the last look only the latest.
   *
   * @throws GatewayError ERR_LIMIT when the watcher falls behind by too many.
   */
  async *watch(first: Iterable<ApprovalRow>, signal: AbortSignal): AsyncGenerator<ApprovalRow> {
    const watcher = new Watcher();
    const wake = (): void => watcher.wake();
    this.#watchers.add(watcher);
    signal.addEventListener('abort', wake);
    try {
      for (const row of first) watcher.push(row);
      while (!signal.aborted) {
        const row = watcher.take();
        if (row === undefined) await watcher.changed();
        else yield row;
      }
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', wake);
    }
  }
}

class Watcher {
  readonly #behind = new Map<string, ApprovalRow>();
  #overrun = false;
  #wake: (() => void) | undefined;

  push(row: ApprovalRow): void {
    if (this.#behind.size >= MAX_BEHIND && !this.#behind.has(row.id)) this.#overrun = true;
    else this.#behind.set(row.id, row);
    this.wake();
  }

  take(): ApprovalRow | undefined {
    if (this.#overrun)
      throw new GatewayError('ERR_LIMIT', `This watcher fell behind by more than ${MAX_BEHIND} approvals: start it again.`);
    for (const [id, row] of this.#behind) {
      this.#behind.delete(id);
      return row;
    }
    return undefined;
  }

  async changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
  }
}
