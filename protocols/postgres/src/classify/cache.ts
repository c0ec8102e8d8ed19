/** A map of strings that forgets what was not asked for longest, bounded by what it holds. */
export class BoundedCache<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly size: number }>();
  readonly #capacity: number;
  #size = 0;

  /** @param capacity the sum of all entries' sizes, in whatever unit `set` is told. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** An entry above a hundredth of the capacity is not kept. */
  set(key: string, value: V, size: number): void {
    const known = this.#entries.get(key);
    if (known !== undefined) this.#forget(key, known.size);
    if (size * 100 > this.#capacity) return;
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= this.#capacity) break;
      this.#forget(oldest, entry.size);
    }
  }

  #forget(key: string, size: number): void {
    this.#entries.delete(key);
    this.#size -= size;
  }
}
