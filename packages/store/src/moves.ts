import { Journal, type JournalOptions } from './journal.ts';

/**
 * How long a record may lie in the journal. What a move brings of a session and does not fill a segment is stored as it
 * is, to be packed later: the more comes at once, the less is stored twice.
 */
const MOVE_MS = 1_000;
/** A move begins at once when there are so many bytes. */
const MOVE_BYTES = 16 << 20;

/** Decides when the journal is moved into the database: one move at a time, large ones. */
export class Moves {
  readonly #ask: () => void;
  #journal: Journal | undefined;
  #asked = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param ask asks for a move of all that is written. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** Makes the journal whose records are moved. @throws Error when it cannot be made */
  start(options: Omit<JournalOptions, 'onWritten'>): Journal {
    this.#journal = new Journal({ ...options, onWritten: () => this.#consider() });
    return this.#journal;
  }

  moved(bytes: number, file: number): void {
    this.#asked = false;
    this.#journal?.moved(bytes, file);
    this.#consider();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #consider(): void {
    if (this.#asked || this.#journal === undefined || this.#journal.unmoved === 0) return;
    if (this.#journal.unmoved >= MOVE_BYTES) this.#move();
    else this.#timer ??= setTimeout(() => this.#move(), MOVE_MS).unref();
  }

  #move(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#asked) return;
    this.#asked = true;
    this.#ask();
  }
}
