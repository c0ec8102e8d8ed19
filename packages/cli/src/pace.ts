import { setTimeout as delay } from 'node:timers/promises';

/** Longer pauses are cut to this: nobody watches a prompt wait. */
const LONGEST_PAUSE_MS = 3_000;

/** Lets recorded moments pass as they did, or faster. */
export class Pace {
  readonly #speed: number;
  #at: number;

  /**
   * @param from the recorded moment that is now.
   * @param speed 2 is twice as fast; 0 waits for nothing.
   */
  constructor(from: number, speed: number) {
    this.#at = from;
    this.#speed = speed;
  }

  /** Waits as long as it took from the last moment to this one. */
  async until(at: number): Promise<void> {
    const passed = at - this.#at;
    this.#at = Math.max(at, this.#at);
    if (this.#speed > 0 && passed > 0) await delay(Math.min(passed / this.#speed, LONGEST_PAUSE_MS));
  }
}
