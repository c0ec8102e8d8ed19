import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError, ProtocolError } from '@sallyport/core';
import { Deadline } from './deadline.ts';
import { asDiskFault } from './disk-fault.ts';
import { finished, type GitProcess, lastLine, spawnGit } from './git-process.ts';
import type { ObjectFormat } from './object-id.ts';
import { ObjectReader } from './object-reader.ts';
import { PUSH_LIMITS, type PushLimits } from './push-limits.ts';
import { enterQuarantine } from './push-places.ts';

export interface QuarantineOptions {
  /** A directory that exists, readable by nobody else, with room for two packs of each push that waits. */
  readonly directory: string;
  readonly format: ObjectFormat;
  readonly limits?: Partial<PushLimits>;
  /** Who pushes: nobody gets all the room that there is for pushes. */
  readonly owner?: string;
}

/** A pack that has come. */
export interface ReceivedPack {
  readonly bytes: number;
  /** SHA-256 of its bytes: what an approval of the push binds to. */
  readonly sha256: string;
  readonly objects: number;
  /** Why nothing can be said about what is in it. */
  readonly unseen?: string;
}

const PREFIX = 'push-';
const HEADER_BYTES = 12;

/**
 * Where a push waits for its ruling: the exact bytes of its pack in a file, and the same unpacked
 * into an empty repository that nobody else sees. {@link close} removes both.
 */
export class Quarantine {
  readonly limits: PushLimits;
  readonly #directory: string;
  readonly #spool: FileHandle;
  readonly #hash = createHash('sha256');
  #head: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #reader: ObjectReader | undefined;
  readonly #leave: () => void;
  #running: GitProcess | undefined;

  private constructor(directory: string, spool: FileHandle, limits: PushLimits, leave: () => void) {
    this.#directory = directory;
    this.#spool = spool;
    this.limits = limits;
    this.#leave = leave;
  }

  /** @throws GatewayError where git is missing, or as many pushes are being judged as may be. */
  static async open(options: QuarantineOptions): Promise<Quarantine> {
    const limits = { ...PUSH_LIMITS, ...options.limits };
    const leave = enterQuarantine(options.directory, options.owner ?? '', limits);
    let directory: string | undefined;
    try {
      directory = await mkdtemp(join(options.directory, PREFIX));
      const format = options.format === 'sha1' ? [] : [`--object-format=${options.format}`];
      const init = spawnGit(directory, limits, ['init', '--bare', '--quiet', '--template=', ...format]);
      init.stdin.end();
      init.stdout.resume();
      await finished(init);
      return new Quarantine(directory, await open(join(directory, 'spool'), 'wx', 0o600), limits, leave);
    } catch (error) {
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
      leave();
      throw asDiskFault(error);
    }
  }

  /** Removes what a gateway that crashed left behind. Only while nothing is in quarantine there. */
  static async sweep(directory: string): Promise<void> {
    for (const name of await readdir(directory)) {
      if (name.startsWith(PREFIX)) await rm(join(directory, name), { recursive: true, force: true });
    }
  }

  /**
   * Takes the pack in. It is whole when git has read it to its end; a client need not close its
   * side. What comes behind the pack is not read.
   *
   * @throws ProtocolError for bytes that are no pack, GatewayError for a pack above a limit.
   */
  async receive(chunks: AsyncIterable<Buffer>): Promise<ReceivedPack> {
    const index = this.#start(['index-pack', '--stdin']);
    const over = index.end.then(() => undefined);
    const iterator = chunks[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = iterator.next();
        next.catch(() => undefined);
        const result = await Promise.race([next, over]);
        if (result === undefined || result.done) break;
        await this.#take(result.value, index);
      }
      return await this.#received(index);
    } catch (error) {
      throw asDiskFault(error);
    } finally {
      index.kill('SIGKILL');
    }
  }

  /** The exact bytes that came. */
  pack(): AsyncIterable<Buffer> {
    return createReadStream(join(this.#directory, 'spool'));
  }

  /**
   * Adds objects that the target has, for comparisons. They are no part of the push.
   *
   * @throws GatewayError where they are too many, or take too long.
   */
  async addBase(chunks: AsyncIterable<Buffer>): Promise<void> {
    const index = this.#start(['index-pack', '--stdin']);
    const iterator = chunks[Symbol.asyncIterator]();
    const deadline = new Deadline(this.limits.seconds);
    let bytes = 0;
    try {
      for (let next = await deadline.before(iterator.next()); !next.done; next = await deadline.before(iterator.next())) {
        bytes += next.value.length;
        if (bytes > this.limits.packBytes) throw new GatewayError('ERR_LIMIT', 'the target has too much to compare with');
        await feed(index, next.value);
      }
      index.stdin.end();
      // A target that had none of it sends no pack, with which git is not content.
      if (bytes > 0) await this.#finishedInTime(index);
    } finally {
      deadline.clear();
      index.kill('SIGKILL');
      // A target that is silent does not end this either.
      iterator.return?.().catch(() => undefined);
    }
  }

  /** Looks at what is here now. The reader it returned before must not be used any more. */
  async objects(): Promise<ObjectReader> {
    // Those of the target may come on top, as many again.
    const most = 2 * this.limits.objects;
    const reader = await ObjectReader.open((args) => spawnGit(this.#directory, this.limits, args), most);
    this.#reader?.close();
    this.#reader = reader;
    return reader;
  }

  async close(): Promise<void> {
    this.#running?.kill('SIGKILL');
    await this.#running?.end;
    this.#reader?.close();
    await this.#spool.close();
    await rm(this.#directory, { recursive: true, force: true });
    this.#leave();
  }

  #start(args: readonly string[]): GitProcess {
    this.#running = spawnGit(this.#directory, this.limits, args);
    this.#running.stdout.resume();
    return this.#running;
  }

  async #take(chunk: Buffer, index: GitProcess): Promise<void> {
    this.#bytes += chunk.length;
    if (this.#bytes > this.limits.packBytes) {
      throw new GatewayError('ERR_LIMIT', `The push is larger than ${this.limits.packBytes} bytes. Push fewer commits at once.`);
    }
    if (this.#head.length < HEADER_BYTES) {
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEADER_BYTES - this.#head.length)]);
      if (this.#head.length === HEADER_BYTES) this.#checkHeader();
    }
    this.#hash.update(chunk);
    await this.#spool.appendFile(chunk); // `write` may take a part of it
    await feed(index, chunk);
  }

  /** `PACK`, version, number of objects. */
  #checkHeader(): void {
    const version = this.#head.readUInt32BE(4);
    if (this.#head.toString('latin1', 0, 4) !== 'PACK' || (version !== 2 && version !== 3)) {
      throw new ProtocolError('client', 'What follows the refs of the push is no pack.');
    }
    if (this.#head.readUInt32BE(8) > this.limits.objects) {
      throw new GatewayError('ERR_LIMIT', `The push brings more than ${this.limits.objects} objects. Push fewer commits at once.`);
    }
  }

  async #received(index: GitProcess): Promise<ReceivedPack> {
    index.stdin.end();
    const pack = { bytes: this.#bytes, objects: this.#head.length < HEADER_BYTES ? 0 : this.#head.readUInt32BE(8) };
    try {
      await this.#finishedInTime(index);
    } catch (error) {
      const { errors } = await index.end;
      if (/unresolved deltas?$/m.test(errors)) {
        return { ...pack, sha256: this.#hash.digest('hex'), unseen: 'its pack builds on objects that only the target has (a thin pack)' };
      }
      if (error instanceof GatewayError && error.code === 'ERR_CONFIG') throw error;
      throw new ProtocolError('client', `The pack of the push could not be read: ${lastLine(errors) || 'git ran out of time or memory'}.`, {
        cause: error,
      });
    }
    if ((await this.#indexedBytes()) !== this.#bytes) throw new ProtocolError('client', 'Something follows the pack of the push.');
    return { ...pack, sha256: this.#hash.digest('hex') };
  }

  async #indexedBytes(): Promise<number> {
    const directory = join(this.#directory, 'objects', 'pack');
    const name = (await readdir(directory)).find((file) => file.endsWith('.pack'));
    return name === undefined ? this.#bytes : (await stat(join(directory, name))).size;
  }

  async #finishedInTime(process: GitProcess): Promise<void> {
    const timer = setTimeout(() => process.kill('SIGKILL'), this.limits.seconds * 1000);
    try {
      await finished(process);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Writes at git's pace, until it has gone. */
async function feed(process: GitProcess, chunk: Buffer): Promise<void> {
  if (process.stdin.write(chunk) || process.stdin.destroyed) return;
  const drained = new Promise<void>((resolve) => process.stdin.once('drain', resolve));
  await Promise.race([drained, process.end]);
}
