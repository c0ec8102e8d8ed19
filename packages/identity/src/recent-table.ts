/** A bounded table that forgets: what was set longest ago goes first, and everything after a while. */
export class RecentTable<V> {
  readonly #rows = new Map<string, { readonly value: V; readonly at: number }>();
  readonly #max: number;
  readonly #forgetMs: number;
  readonly #now: () => number;

  /** @param now milliseconds since the epoch. */
  constructor(max: number, forgetMs: number, now: () => number) {
    this.#max = max;
    this.#forgetMs = forgetMs;
    this.#now = now;
  }

  get(key: string): V | undefined {
    const row = this.#rows.get(key);
    if (row === undefined || this.#now() - row.at < this.#forgetMs) return row?.value;
    this.#rows.delete(key);
    return undefined;
  }

  set(key: string, value: V): void {
    this.#rows.delete(key); // inserted anew, so that the map stays ordered by time
    this.#rows.set(key, { value, at: this.#now() });
    if (this.#rows.size > this.#max) this.#rows.delete(this.#rows.keys().next().value as string);
  }

  delete(key: string): void {
    this.#rows.delete(key);
  }
}
