import type { Gate } from './gate.ts';

/** Values of one command that are remembered: beyond them only their number is kept. */
const MAX_VALUES = 10_000;
/** 64 bits of the fingerprint, in hex: enough to tell values apart, too little to work back from. */
const PRINT_LENGTH = 16;
/** Fingerprints in one event. */
const EVENT_VALUES = 1_000;

/** What a value is found by: see {@link HiddenValues}. */
export function valuePrint(fingerprint: Gate['fingerprint'], value: Buffer | string): string {
  return fingerprint('value', value).slice(0, PRINT_LENGTH);
}

/**
 * Fingerprints of the values that masks hid from a command's client. They are noted as events
 * `{type: 'values', command, rule, values: [hex], more}`, so that whoever knows a value can ask
 * later whether it passed, and nobody can read it from the record. `more`: values beyond the bound
 * were hidden and not noted.
 */
export class HiddenValues {
  readonly #command: number | undefined;
  readonly #gate: Pick<Gate, 'note' | 'fingerprint'>;
  readonly #fingerprint: Gate['fingerprint'];
  readonly #byRule = new Map<string, Set<string>>();
  #count = 0;

  /** @param command undefined: they stood in a message that belongs to none. */
  constructor(command: number | undefined, gate: Pick<Gate, 'note' | 'fingerprint'>) {
    this.#command = command;
    this.#gate = gate;
    this.#fingerprint = (...parts) => gate.fingerprint(...parts);
  }

  /** Whatever is added from here on is counted at most. */
  get full(): boolean {
    return this.#count > MAX_VALUES;
  }

  add(rule: string, value: Buffer | string): void {
    this.#count += 1;
    if (this.full) return;
    const values = this.#byRule.get(rule) ?? new Set();
    if (values.size === 0) this.#byRule.set(rule, values);
    values.add(valuePrint(this.#fingerprint, value));
    if (values.size === EVENT_VALUES) this.#note(rule, values, false);
  }

  /** Notes what is not noted yet. */
  flush(): void {
    for (const [rule, values] of this.#byRule) this.#note(rule, values, this.full);
  }

  #note(rule: string, values: Set<string>, more: boolean): void {
    this.#byRule.delete(rule);
    const command = this.#command === undefined ? {} : { command: this.#command };
    this.#gate.note({ type: 'values', ...command, rule, values: [...values], ...(more && { more }) });
  }
}
