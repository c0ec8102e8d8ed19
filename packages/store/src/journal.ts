import { closeSync, fdatasync, fsync, mkdirSync, openSync, renameSync, writeSync, writevSync } from 'node:fs';
import { promisify } from 'node:util';
import { GatewayError, type RecordKind } from '@sallyport/core';
import { journalFile, spareFiles } from './journal-files.ts';
import { BLOCK_HEAD, END, FILE_HEAD, fileSeed, newFileHead, packHead, RECORD_HEAD, sealBlock } from './journal-format.ts';

/** Records are gathered here until somebody waits for them. */
const GATHER_BYTES = 64 * 1024;
/** A larger body is written from where it lies. */
const COPY_BYTES = 16 * 1024;
/** How long records that nobody waits for may stay here. */
const FLUSH_MS = 20;
/** The next file begins when one has so many bytes. */
const FILE_BYTES = 16 << 20;
/** In `strict`, at most so much is written and not synced before {@link Journal.ready} waits; half of it starts a sync. */
const UNSYNCED_BYTES = 1 << 20;
/** `ready` waits while more than this is not moved into the database. */
const UNMOVED_BYTES = 64 << 20;

const syncFile = promisify(fdatasync);
const syncFolder = promisify(fsync);

export interface JournalOptions {
  readonly folder: string;
  /** The number of the first file to write: none of this or a higher number exists. */
  readonly first: number;
  /** Called after each write. */
  onWritten(): void;
  /** A write or a sync failed: nothing is tried again. */
  onFailure(error: unknown): void;
}

interface OpenFile {
  readonly fd: number;
  readonly number: number;
  /** See {@link fileSeed}. */
  readonly seed: number;
  /** Where the next block goes. */
  end: number;
  /** All of it, and the folder's entry for it, is synced. */
  synced: boolean;
}

/**
 * The records of all sessions on their way into the database, in order, as files that survive the
 * process. A write goes to the operating system's cache, which takes less time than asking another
 * thread to do it; only syncing waits for a disk, and it happens in Node's thread pool, once for all
 * who ask at the same time.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #gathered = Buffer.allocUnsafeSlow(GATHER_BYTES + END.length);
  #used = BLOCK_HEAD;
  #file: OpenFile;
  /** The file whose entry in the folder was synced last. */
  #named: OpenFile | undefined;
  readonly #folder: number;
  /** Files that are not written any more, and not moved yet. */
  #full: OpenFile[] = [];
  /** Files before this one have been moved. */
  #movedFile = 0;
  /** Records appended, written and synced so far. */
  #appended = 0;
  #written = 0;
  #synced = 0;
  /** Some record since the last sync wants to be synced. */
  #strict = false;
  #unsynced = 0;
  /** Bytes written and moved so far. */
  #bytes = 0;
  #moved = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The turn of the loop ends with a write, and with a sync where one was asked for. */
  #due = false;
  #turn: PromiseWithResolvers<void> | undefined;
  #syncing: Promise<void> | undefined;
  #asked: PromiseWithResolvers<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;
  #closed = false;

  /** @throws Error when the first file cannot be made */
  constructor(options: JournalOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#folder = openSync(options.folder, 'r');
    this.#file = this.#open(options.first);
  }

  /** Returns the number of the record. After a failure records are dropped: nothing waits for them. */
  append(handle: number, strict: boolean, kind: RecordKind, at: number, body: Buffer | string): number {
    if (this.#failure !== undefined) return this.#appended;
    const most = typeof body === 'string' ? body.length * 3 : body.length; // bytes of UTF-8
    if (this.#used + RECORD_HEAD + Math.min(most, COPY_BYTES) > GATHER_BYTES) this.flush();
    this.#appended += 1;
    this.#strict ||= strict;
    const start = this.#used + RECORD_HEAD;
    if (most > COPY_BYTES) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      packHead(this.#gathered, this.#used, handle, kind, at, bytes.length);
      this.#used = start;
      this.#write(bytes);
    } else {
      const length = typeof body === 'string' ? this.#gathered.write(body, start) : body.copy(this.#gathered, start);
      packHead(this.#gathered, this.#used, handle, kind, at, length);
      this.#used = start + length;
      this.#later();
    }
    return this.#appended;
  }

  /**
   * undefined when that record is as durable as asked; else resolves when it is. Sessions that ask in
   * the same turn of the loop share one write and one sync.
   */
  durable(record: number, strict: boolean): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (record <= (strict ? this.#synced : this.#written)) return undefined;
    if (!this.#due) {
      this.#due = true;
      setImmediate(() => this.#endTurn());
    }
    if (strict) this.#asked ??= withoutOrphans(Promise.withResolvers<void>());
    else this.#turn ??= withoutOrphans(Promise.withResolvers<void>());
    return (strict ? this.#asked : this.#turn)?.promise;
  }

  ready(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!this.#crowded) return undefined;
    this.#room ??= withoutOrphans(Promise.withResolvers<void>());
    return this.#room.promise;
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#used > BLOCK_HEAD && this.#failure === undefined) this.#write(undefined);
  }

  /** So many bytes in all have been moved into the database, and all files before one. */
  moved(bytes: number, file: number): void {
    this.#moved = bytes;
    this.#movedFile = file;
    if (this.#closed) return;
    if (this.#syncing === undefined) this.#closeMoved();
    this.#makeRoom();
  }

  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#timer);
    for (const waiting of [this.#turn, this.#asked, this.#room]) waiting?.reject(error);
  }

  /** Writes what is left, and syncs it where somebody waits for that. Nothing more is taken then. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#endTurn();
    while (this.#syncing !== undefined || this.#asked !== undefined) {
      if (this.#failure !== undefined) break;
      this.#sync();
      await this.#syncing;
    }
    this.fail(new GatewayError('ERR_RECORDING', 'The store is closed.'));
    for (const { fd } of [...this.#full, this.#file]) closeSync(fd);
    closeSync(this.#folder);
  }

  /** Bytes that are not moved into the database yet. */
  get unmoved(): number {
    return this.#bytes - this.#moved;
  }

  /** Bytes that are written and not synced; counted in `fast` too, which does not care. */
  get unsynced(): number {
    return this.#unsynced;
  }

  get #crowded(): boolean {
    return this.unmoved > UNMOVED_BYTES || this.#behind;
  }

  /** More than `strict` allows is not synced. */
  get #behind(): boolean {
    return this.#strict && this.#unsynced > UNSYNCED_BYTES;
  }

  #endTurn(): void {
    this.#due = false;
    this.flush();
    if (this.#asked !== undefined) this.#sync();
    if (this.#failure === undefined) this.#turn?.resolve();
    this.#turn = undefined;
  }

  /** What nobody waits for is written, and in `strict` synced, a little later. */
  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush();
      if (this.#strict) this.#sync();
    }, FLUSH_MS).unref();
  }

  #write(large: Buffer | undefined): void {
    const block = this.#gathered.subarray(0, this.#used);
    const { fd, seed, end } = this.#file;
    sealBlock(block, large, seed, end);
    this.#used = BLOCK_HEAD;
    try {
      const length = block.length + (large?.length ?? 0);
      if (large === undefined) writeAll(fd, withEnd(this.#gathered, block.length), end);
      else writePieces(fd, [block, large, END], end);
      this.#written = this.#appended;
      this.#file.end += length;
      this.#unsynced += length;
      this.#bytes += length;
      if (this.#file.end >= FILE_BYTES) this.#rotate();
      if (this.#strict && this.#unsynced > UNSYNCED_BYTES / 2) this.#sync();
      if (this.#strict) this.#later();
      this.#options.onWritten();
    } catch (error) {
      this.#options.onFailure(error);
      this.fail(error as Error); // nobody may be told that it was written
    }
  }

  /** Begins a file: a new one, or one that was moved, which is cheaper to write and to sync. */
  #open(number: number): OpenFile {
    const file = journalFile(this.#options.folder, number);
    const [spare] = spareFiles(this.#options.folder);
    const fd = openSync(spare ?? file, spare === undefined ? 'wx' : 'r+', 0o600);
    const head = newFileHead(number);
    writeAll(fd, head, 0);
    // Renamed behind its new head: no name ever stands over the bytes of another file.
    if (spare !== undefined) renameSync(spare, file);
    return { fd, number, seed: fileSeed(head, number) ?? 0, end: FILE_HEAD, synced: false };
  }

  #rotate(): void {
    const next = this.#open(this.#file.number + 1);
    this.#full.push(this.#file);
    this.#file = next;
  }

  /** Starts a sync, or has the running one followed by another where that is asked for. */
  #sync(): void {
    this.flush();
    if (this.#syncing !== undefined || this.#failure !== undefined) return;
    const [asked, reached, bytes] = [this.#asked, this.#written, this.#unsynced];
    this.#asked = undefined;
    this.#strict = false;
    this.#syncing = this.#syncFiles().then(
      () => {
        this.#syncing = undefined;
        this.#synced = reached;
        this.#unsynced -= bytes;
        if (!this.#closed) this.#closeMoved();
        // First the disk goes on: those who waited have work to do, and others wait already.
        if (this.#asked !== undefined || this.#behind) this.#sync();
        else if (this.#strict) this.#later();
        asked?.resolve();
        this.#makeRoom();
      },
      (error: unknown) => {
        this.#syncing = undefined;
        asked?.reject(error);
        this.#options.onFailure(error);
      },
    );
  }

  async #syncFiles(): Promise<void> {
    const last = this.#file;
    for (const file of this.#full.filter(({ synced }) => !synced)) {
      await syncFile(file.fd);
      file.synced = true;
    }
    await syncFile(last.fd);
    if (last !== this.#named) await syncFolder(this.#folder);
    this.#named = last;
  }

  #closeMoved(): void {
    const moved = this.#full.filter(({ number }) => number < this.#movedFile);
    this.#full = this.#full.filter(({ number }) => number >= this.#movedFile);
    for (const { fd } of moved) closeSync(fd);
  }

  #makeRoom(): void {
    if (this.#crowded) return;
    this.#room?.resolve();
    this.#room = undefined;
  }
}

/** The bytes that were gathered and, behind them, the end; the room must be there. */
function withEnd(gathered: Buffer, length: number): Buffer {
  END.copy(gathered, length);
  return gathered.subarray(0, length + END.length);
}

/** What the system does not take at once it takes next, or it says why not. */
function writeAll(fd: number, bytes: Buffer, place: number): void {
  for (let written = 0; written < bytes.length; ) {
    const more = writeSync(fd, bytes, written, bytes.length - written, place + written);
    if (more === 0) throw new Error('nothing more could be written');
    written += more;
  }
}

function writePieces(fd: number, pieces: readonly Buffer[], place: number): void {
  const written = writevSync(fd, pieces, place);
  const all = pieces.reduce((sum, { length }) => sum + length, 0);
  if (written < all) writeAll(fd, Buffer.concat(pieces).subarray(written), place + written);
}

/** A caller that stopped waiting must not turn a failure into an unhandled rejection. */
function withoutOrphans(deferred: PromiseWithResolvers<void>): PromiseWithResolvers<void> {
  deferred.promise.catch(() => undefined);
  return deferred;
}
