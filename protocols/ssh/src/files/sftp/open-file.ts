import { ContentDigest, type Digested, type EarlyBudget } from '../content-digest.ts';
import type { FileVerb } from '../file-command.ts';
import type { FileRun } from '../file-run.ts';
import { OPEN_FLAG, STATUS, statusName } from './messages.ts';

/** Why a request failed, as the target said. */
interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What a handle stands for, from the HANDLE that names it until its CLOSE and every answer to it has come. */
export class OpenHandle {
  readonly path: string;
  protected readonly run: FileRun;
  #waiting = 0;
  #closed = false;
  #over = false;
  #failure: Failure | undefined;

  constructor(path: string, run: FileRun) {
    this.path = path;
    this.run = run;
  }

  /** A request that names it is on its way. */
  asked(): void {
    this.#waiting++;
  }

  /** The target has answered one. @param failure only the first counts */
  answered(failure?: Failure): void {
    this.#waiting--;
    this.#failure ??= failure;
    this.#settle();
  }

  closed(failure?: Failure): void {
    this.#closed = true;
    this.#failure ??= failure;
    this.#settle();
  }

  /** The channel ended with the handle open. */
  lost(): void {
    if (this.#over) return;
    this.#over = true;
    this.conclude(false);
    this.run.finish('unknown');
  }

  /** @param whole nothing failed and nothing is missing. */
  protected conclude(_whole: boolean): void {
    // A directory has no content.
  }

  #settle(): void {
    if (!this.#closed || this.#waiting > 0 || this.#over) return;
    this.#over = true;
    const failure = this.#failure;
    this.conclude(failure === undefined);
    this.run.finish(failure === undefined ? 'completed' : 'failed', failure);
  }
}

/** A directory whose names are read. */
export class OpenDirectory extends OpenHandle {
  entries(count: number): void {
    this.run.entries(count);
  }
}

/** A file whose content passes, in one direction or both. */
export class OpenFile extends OpenHandle {
  /** Undefined: not open for reading. */
  readonly download: ContentDigest | undefined;
  readonly upload: ContentDigest | undefined;
  readonly #flags: number;
  #size: number | undefined;
  /** The size that the client gave it. */
  #cut: number | undefined;
  /** The first offset at which the target had nothing more. */
  #ends = Number.POSITIVE_INFINITY;

  constructor(path: string, run: FileRun, flags: number, budget: EarlyBudget) {
    super(path, run);
    const verbs = openVerbs(flags);
    this.#flags = flags;
    this.download = verbs.includes('DOWNLOAD') ? new ContentDigest(budget) : undefined;
    this.upload = verbs.includes('UPLOAD') ? new ContentDigest(budget) : undefined;
  }

  write(offset: number, data: Buffer): void {
    if (this.#flags & OPEN_FLAG.APPEND) this.upload?.append(offset, data);
    else this.upload?.add(offset, data);
  }

  /** The client sets its size. */
  resize(size: number): void {
    this.#cut = size;
    this.upload?.resize(size);
  }

  /** The target said how large the file is. */
  sized(bytes: number): void {
    this.#size = bytes;
  }

  /** Nothing is at this offset, or behind it. */
  endsAt(offset: number): void {
    this.#ends = Math.min(this.#ends, offset);
  }

  protected override conclude(whole: boolean): void {
    const upload = this.upload?.finish();
    const download = this.download?.finish();
    if (upload !== undefined) {
      const size = this.#flags & OPEN_FLAG.TRUNC || this.#cut === upload.end ? upload.end : null;
      this.run.file({ direction: 'upload', path: this.path, size, complete: whole }, upload);
    }
    if (download === undefined || (upload !== undefined && download.bytes === 0)) return;
    const size = this.#size ?? (this.#ends <= download.end ? download.end : null);
    this.run.file({ direction: 'download', path: this.path, size, complete: whole && reached(download, size) }, download);
  }
}

/** What opening a file with these flags allows. A server opens for reading what is not opened for writing, and creates or cuts also then. */
export function openVerbs(flags: number): readonly FileVerb[] {
  const reads = flags & OPEN_FLAG.READ || !(flags & OPEN_FLAG.WRITE);
  const writes = flags & (OPEN_FLAG.WRITE | OPEN_FLAG.APPEND | OPEN_FLAG.CREAT | OPEN_FLAG.TRUNC | OPEN_FLAG.EXCL);
  return [...(reads ? (['DOWNLOAD'] as const) : []), ...(writes ? (['UPLOAD'] as const) : [])];
}

/** The failure that a STATUS tells; undefined where it tells none. */
export function failureOf(code: number, message: string): Failure | undefined {
  return code === STATUS.OK ? undefined : { code: statusName(code), message };
}

function reached({ end, bytes, offset = 0 }: Digested, size: number | null): boolean {
  return size !== null && end >= size && bytes >= size - offset;
}
