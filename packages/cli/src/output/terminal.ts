import { once } from 'node:events';
import { type Cell, type Column, renderTable } from './table.ts';
import { toJson } from './visible.ts';

/** The result, and nothing else. Waits while the reader is slow; one that has gone is {@link leaveWithReader}'s matter. */
export async function print(text: string | Uint8Array): Promise<void> {
  if (text.length === 0 || process.stdout.write(text)) return;
  await once(process.stdout, 'drain').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** What is said beside the result: notices, waiting, progress. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A terminal that does not know its width says 0. */
const USUAL_WIDTH = 80;

/** Cells in a line of the terminal; Infinity when the output goes to a file or a pipe. */
export function terminalWidth(): number {
  const told = Number(process.env['COLUMNS']);
  return process.stdout.columns || (told > 0 ? told : process.stdout.isTTY ? USUAL_WIDTH : Infinity);
}

/** A listing as people or as programs want it. */
export async function printListing<T>(
  items: readonly T[],
  options: { readonly json?: boolean | undefined },
  columns: readonly Column[],
  cells: (item: T) => readonly Cell[],
): Promise<void> {
  if (options.json === true) return print(`${toJson(items, 2)}\n`);
  await print(renderTable(columns, items.map(cells), terminalWidth()));
}

/** `2026-11-20T21:40:03.123Z` as the local time that a person compares with the clock on the wall. */
export function localTime(rfc3339: string): string {
  const time = new Date(rfc3339);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

let readerLeft = false;

/** Whoever read stdout has seen enough: nobody is left to tell of an end that they brought about. */
export function readerHasGone(): boolean {
  return readerLeft;
}

/** Leaves quietly when the reader of stdout has gone (`… | head`); what must be ended in order gets a SIGTERM. */
export function leaveWithReader(): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    readerLeft = error.code === 'EPIPE';
    // Every later write fails again: a second SIGTERM would cut the orderly end short.
    process.stdout.on('error', () => undefined);
    if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
    else process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
}
