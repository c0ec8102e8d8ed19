/** What a client waits for, and may leave. Costs nothing for those who stay: an AbortSignal for each request would. */
export abstract class Departing {
  #left = false;
  #told: (() => void) | undefined;

  get left(): boolean {
    return this.#left;
  }

  whenLeft(told: () => void): void {
    this.#told = told;
    if (this.#left) told();
  }

  protected leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#told?.();
  }
}
