import { setTimeout as delay } from 'node:timers/promises';

/** Longer pauses are cut to this: nobody watches a prompt wait. */
const LONGEST_PAUSE_MS = 2_000;

/** Lets recorded moments pass as they did, or faster. */
export class Pace {
  readonly #speed: number;
  readonly #longest: number;
  #at: number;

  /**
   * @param from the recorded moment that is now.
   * @param speed 2 is twice as fast; 0 waits for nothing.
   * @param longest milliseconds that a pause takes at most.
   */
  constructor(from: number, speed: number, longest: number = LONGEST_PAUSE_MS) {
    this.#longest = longest;
    this.#at = from;
    this.#speed = speed;
  }

  /** Waits as long as it took from the last moment to this one. */
  async until(at: number): Promise<void> {
    const passed = at - this.#at;
    this.#at = Math.max(at, this.#at);
    if (this.#speed > 0 && passed > 0) await delay(Math.min(passed / this.#speed, this.#longest));
  }
}
