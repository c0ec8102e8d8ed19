import { existsSync, statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { dropJournalFiles, journalFile, journalFolder, journalNumbers, readJournal } from './journal-files.ts';
import { type JournalPosition, unpackBlock } from './journal-format.ts';
import { journalPosition, setJournalPosition } from './journal-table.ts';
import type { LiveChains } from './session-table.ts';

/** Bytes of the journal in one transaction: few enough that a call does not wait long behind one. */
const STEP_BYTES = 4 << 20;

/** What was found in the journal of a process that did not end in peace. */
export interface Recovery {
  /** Bytes behind the last whole block: a write that the crash cut off, or what a lost page left of one. At most so many. */
  readonly cutBytes: number;
  /** The number of the next file. */
  readonly first: number;
}

/** Moves records from the journal into the database. Position and records change in one transaction. */
export class Mover {
  readonly #folder: string;
  readonly #chains: LiveChains;
  readonly #set: (position: JournalPosition) => void;
  #position: JournalPosition;
  readonly #scratch = Buffer.allocUnsafeSlow(STEP_BYTES);
  #dropped = 0;
  /** Where the last step ended stand bytes that are no block. */
  #broken = false;

  constructor(db: Database, dataDir: string, chains: LiveChains) {
    this.#folder = journalFolder(dataDir);
    this.#chains = chains;
    this.#set = setJournalPosition(db);
    this.#position = journalPosition(db)();
  }

  /** The file that is moved from. */
  get file(): number {
    return this.#position.file;
  }

  /**
   * Moves some blocks. Must run in a transaction.
   * @returns bytes of the journal; 0 at its end.
   */
  step(): number {
    if (!existsSync(journalFile(this.#folder, this.#position.file))) return 0;
    const { blocks, next, bytes, broken } = readJournal(this.#folder, this.#position, STEP_BYTES, this.#scratch);
    this.#broken = broken !== undefined;
    if (bytes === 0) return 0;
    for (const block of blocks) for (const record of unpackBlock(block)) this.#chains.append(record);
    this.#chains.store();
    this.#set(next);
    this.#position = next;
    return bytes;
  }

  /** Removes the files that were moved, once that is durable. */
  drop(): void {
    if (this.#dropped === this.#position.file) return;
    this.#dropped = this.#position.file;
    dropJournalFiles(this.#folder, this.#position.file);
  }

  /** Moves what the last process left, leaves out what is no whole block, and goes on behind all of it. Must run in a transaction. */
  recover(): Recovery {
    while (this.step() > 0);
    const numbers = journalNumbers(this.#folder);
    const cutBytes = this.#broken ? this.#left(numbers) : 0;
    const { file } = this.#position;
    const first = Math.max(file, ...numbers) + 1;
    this.#position = { file: first, offset: 0 };
    this.#set(this.#position);
    return { cutBytes, first };
  }

  /** Bytes from the position on; in a file that is written again, those of its earlier use too. */
  #left(numbers: readonly number[]): number {
    const { file, offset } = this.#position;
    const sizes = numbers
      .filter((number) => number >= file)
      .map((number) => statSync(journalFile(this.#folder, number)).size - (number === file ? offset : 0));
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}
