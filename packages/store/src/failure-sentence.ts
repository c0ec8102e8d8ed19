/** What went wrong with writing the record, and how to mend it. */
export function failureSentence(dataDir: string, error: unknown): string {
  const { code = 'internal error', message } = error as { code?: string; message: string };
  const why = message.startsWith(code) ? message : `${code}: ${message}`; // Node names the code, SQLite does not
  const where = `The record in ${dataDir} cannot be written (${why})`;
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return `${where}: free space on its disk, then start the gateway again.`;
  if (code === 'SQLITE_BUSY') return `${where}: another process held it for too long; start again when that one is done.`;
  return `${where}: check its disk, then start the gateway again.`;
}
