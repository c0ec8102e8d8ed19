import type { Database } from 'better-sqlite3';
import type { JournalPosition } from './journal-format.ts';

export function journalPosition(db: Database): () => JournalPosition {
  const select = db.prepare<[], JournalPosition>('SELECT file, "offset" FROM journal');
  return () => select.get() ?? { file: 1, offset: 0 };
}

export function setJournalPosition(db: Database): (position: JournalPosition) => void {
  const update = db.prepare<JournalPosition>('UPDATE journal SET file = @file, "offset" = @offset');
  return (position) => {
    update.run(position);
  };
}
