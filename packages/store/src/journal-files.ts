import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BLOCK_HEAD, type JournalPosition, MAX_BLOCK_BYTES, readBlock } from './journal-format.ts';

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

/** Removes the files before one: all that they hold has been moved. */
export function dropJournalFiles(folder: string, before: number): void {
  for (const number of journalNumbers(folder)) if (number < before) rmSync(journalFile(folder, number), { force: true });
}

/** Some of the journal. */
export interface JournalPart {
  /** The records of each block. Empty at the end of what is written. */
  readonly blocks: readonly Buffer[];
  /** Where the next part begins. */
  readonly next: JournalPosition;
  /** Bytes that the blocks take in the file. */
  readonly bytes: number;
  /** Why there is no block where one should begin, though bytes are there. */
  readonly broken?: 'incomplete' | 'damaged';
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

function readFile(folder: string, { file, offset }: JournalPosition, limit: number, scratch: Buffer | undefined): JournalPart {
  const fd = openSync(journalFile(folder, file), 'r');
  try {
    const left = fstatSync(fd).size - offset;
    let bytes = readBytes(fd, offset, Math.min(left, Math.max(limit, BLOCK_HEAD)), scratch);
    if (bytes.length >= BLOCK_HEAD) {
      const first = BLOCK_HEAD + bytes.readUInt32BE(0); // a block larger than the limit comes alone
      if (first > bytes.length && first <= left && first <= BLOCK_HEAD + MAX_BLOCK_BYTES) bytes = readBytes(fd, offset, first, scratch);
    }
    const { blocks, used, broken } = cut(bytes);
    const told = blocks.length === 0 && left > 0 ? broken : undefined;
    return { blocks, bytes: used, next: { file, offset: offset + used }, ...(told && { broken: told }) };
  } finally {
    closeSync(fd);
  }
}

function readBytes(fd: number, offset: number, length: number, scratch: Buffer | undefined): Buffer {
  const size = Math.max(length, 0);
  const bytes = scratch !== undefined && size <= scratch.length ? scratch.subarray(0, size) : Buffer.allocUnsafeSlow(size);
  let read = 0;
  for (let got = -1; read < bytes.length && got !== 0; read += got) got = readSync(fd, bytes, read, bytes.length - read, offset + read);
  return bytes.subarray(0, read);
}

function cut(bytes: Buffer): { readonly blocks: Buffer[]; readonly used: number; readonly broken: 'incomplete' | 'damaged' } {
  const blocks: Buffer[] = [];
  for (let used = 0; ; ) {
    const block = readBlock(bytes, used);
    if (typeof block === 'string') return { blocks, used, broken: block };
    blocks.push(block);
    used += BLOCK_HEAD + block.length;
  }
}
