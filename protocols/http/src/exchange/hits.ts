import { type CountHit, HiddenValues, type Session } from '@sallyport/core';

/** What masks hid in one exchange: counted by rule, and remembered so that the leak lookup finds it. */
export class Hits {
  readonly masked: Record<string, number> = {};
  readonly #command: number;
  readonly #gate: Session;
  #hidden: HiddenValues | undefined;

  constructor(command: number, gate: Session) {
    this.#command = command;
    this.#gate = gate;
  }

  readonly count: CountHit = (rule, hidden) => {
    this.masked[rule] = (this.masked[rule] ?? 0) + 1;
    if (hidden === undefined) return;
    this.#hidden ??= new HiddenValues(this.#command, this.#gate);
    this.#hidden.add(rule, hidden);
  };

  /** Notes what is not noted yet. */
  flush(): void {
    this.#hidden?.flush();
  }
}
