import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BLOCK_HEAD, FILE_HEAD, fileSeed, type JournalPosition, MAX_BLOCK_BYTES, type NoBlock, readBlock } from './journal-format.ts';

/** Files that were moved and wait to be written again: that costs a sixth of letting a file grow, and half of syncing it. */
const SPARE_FILES = 2;
const SPARE = '.spare';

export function journalFolder(dataDir: string): string {
  return join(dataDir, 'journal');
}

export function journalFile(folder: string, file: number): string {
  return join(folder, String(file).padStart(10, '0'));
}

/** The numbers of the files there are, ascending. */
export function journalNumbers(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d{10}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Sets the files before one aside, to be written again, or removes them: all that they hold has been moved. */
export function dropJournalFiles(folder: string, before: number): void {
  for (const number of journalNumbers(folder).filter((one) => one < before)) {
    const file = journalFile(folder, number);
    if (spareFiles(folder).length < SPARE_FILES) renameSync(file, file + SPARE);
    else rmSync(file, { force: true });
  }
}

/** The files that may be written again. */
export function spareFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(SPARE))
    .map((name) => join(folder, name));
}

/** Some of the journal. */
export interface JournalPart {
  /** The records of each block. Empty at the end of what is written. */
  readonly blocks: readonly Buffer[];
  /** Where the next part begins. */
  readonly next: JournalPosition;
  /** Bytes that the blocks take in the file. */
  readonly bytes: number;
  /** Why there is no block where one should begin, though bytes are there. `other`: the file is written again under another number. */
  readonly broken?: NoBlock | 'other';
}

/**
 * Reads whole blocks from a position on, about `limit` bytes of them.
 *
 * @param scratch where to read to; what it held before is gone, so the blocks are good until the next call with it.
 * @throws Error ENOENT when the file is gone: it was moved since the position was read.
 */
export function readJournal(folder: string, from: JournalPosition, limit: number, scratch?: Buffer): JournalPart {
  let position = from;
  for (;;) {
    const part = readFile(folder, position, limit, scratch);
    // A file that has a successor is not written any more.
    if (part.blocks.length > 0 || part.broken !== undefined || !existsSync(journalFile(folder, position.file + 1))) return part;
    const again = readFile(folder, position, limit, scratch);
    if (again.blocks.length > 0 || again.broken !== undefined) return again;
    position = { file: position.file + 1, offset: 0 };
  }
}

function readFile(folder: string, from: JournalPosition, limit: number, scratch: Buffer | undefined): JournalPart {
  const { file, offset } = from;
  const fd = openSync(journalFile(folder, file), 'r');
  try {
    const size = fstatSync(fd).size;
    if (size < FILE_HEAD) return { blocks: [], bytes: 0, next: from };
    const seed = fileSeed(readBytes(fd, 0, FILE_HEAD), file);
    const place = Math.max(offset, FILE_HEAD);
    let bytes = readBytes(fd, place, Math.min(size - place, Math.max(limit, BLOCK_HEAD)), scratch);
    if (bytes.length >= BLOCK_HEAD) {
      const first = BLOCK_HEAD + bytes.readUInt32BE(0); // a block larger than the limit comes alone
      if (first > bytes.length && first <= size - place && first <= BLOCK_HEAD + MAX_BLOCK_BYTES)
        bytes = readBytes(fd, place, first, scratch);
    }
    // The head is written before anything else when a file is written again: read last, it speaks for all that was read.
    if (seed === undefined || fileSeed(readBytes(fd, 0, FILE_HEAD), file) !== seed)
      return { blocks: [], bytes: 0, next: from, broken: 'other' };
    const { blocks, used, ended } = cut(bytes, seed, place);
    const broken = blocks.length === 0 && ended !== 'end' ? ended : undefined;
    return { blocks, bytes: used, next: { file, offset: place + used }, ...(broken && { broken }) };
  } finally {
    closeSync(fd);
  }
}

function readBytes(fd: number, offset: number, length: number, scratch?: Buffer): Buffer {
  const size = Math.max(length, 0);
  const bytes = scratch !== undefined && size <= scratch.length ? scratch.subarray(0, size) : Buffer.allocUnsafeSlow(size);
  let read = 0;
  for (let got = -1; read < bytes.length && got !== 0; read += got) got = readSync(fd, bytes, read, bytes.length - read, offset + read);
  return bytes.subarray(0, read);
}

function cut(bytes: Buffer, seed: number, place: number): { readonly blocks: Buffer[]; readonly used: number; readonly ended: NoBlock } {
  const blocks: Buffer[] = [];
  for (let used = 0; ; ) {
    const block = readBlock(bytes, used, seed, place);
    if (typeof block === 'string') return { blocks, used, ended: block };
    blocks.push(block);
    used += BLOCK_HEAD + block.length;
  }
}
