import type { Database } from 'better-sqlite3';
import { journalFolder, journalNumbers, readJournal } from './journal-files.ts';
import { isCommand, type JournalRecord, unpackBlock } from './journal-format.ts';
import { journalPosition } from './journal-table.ts';

const READ_BYTES = 4 << 20;
/** How often a look is taken anew because files were moved and dropped under it. */
const TRIES = 20;
/** What the system says of a file that is gone. */
const MOVED = 'ENOENT';

/** What is on record but not in the tables yet: readers see it where it lies. */
export interface Unmoved {
  /** Every session's records, in order. To be called within {@link consistent}. */
  records(): Generator<JournalRecord>;
  /** Commands by session handle. */
  commands(): ReadonlyMap<number, number>;
  /** Runs a read in one transaction, so that tables and journal are of one moment. */
  consistent<A extends unknown[], T>(read: (...args: A) => T): (...args: A) => T;
}

export function unmovedReads(db: Database, dataDir: string): Unmoved {
  const folder = journalFolder(dataDir);
  const position = journalPosition(db);

  function* records(): Generator<JournalRecord> {
    let from = position();
    const numbers = journalNumbers(folder);
    if (!numbers.some((number) => number >= from.file)) return; // nothing was written since the last clean end
    for (;;) {
      const { blocks, next, bytes, broken } = readJournal(folder, from, READ_BYTES);
      if (broken === 'other') throw Object.assign(new Error('The journal was moved while it was read.'), { code: MOVED });
      for (const block of blocks) yield* unpackBlock(block);
      if (bytes === 0) return;
      from = next;
    }
  }

  return {
    records,
    commands() {
      const commands = new Map<number, number>();
      for (const record of records()) if (isCommand(record)) commands.set(record.handle, (commands.get(record.handle) ?? 0) + 1);
      return commands;
    },
    consistent(read) {
      const once = db.transaction(read);
      return (...args) => {
        for (let tries = 1; ; tries += 1) {
          try {
            return once(...args);
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== MOVED || tries === TRIES) throw error;
          }
        }
      };
    },
  };
}
