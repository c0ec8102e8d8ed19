import { GatewayError } from '@sallyport/core';
import { finished, type GitProcess } from './git-process.ts';

export interface ObjectInfo {
  readonly type: 'commit' | 'tree' | 'blob' | 'tag';
  /** Bytes, unpacked. */
  readonly size: number;
}

/** The largest object that is read. Commits, tags and trees above it are no people's work. */
const MAX_BYTES: Readonly<Record<ObjectInfo['type'], number>> = { commit: 1 << 20, tag: 1 << 20, tree: 8 << 20, blob: 32 << 20 };

const LINE = /^([0-9a-f]+) (commit|tree|blob|tag) ([0-9]+)$/;

/** Reads the objects of a repository that may lack any of them. */
export class ObjectReader {
  /** What is there, by id. */
  readonly objects: ReadonlyMap<string, ObjectInfo>;
  readonly #git: GitProcess;
  readonly #output: AsyncIterator<Buffer>;
  #bytes: Buffer = Buffer.alloc(0);

  private constructor(objects: ReadonlyMap<string, ObjectInfo>, git: GitProcess) {
    this.objects = objects;
    this.#git = git;
    this.#output = (git.stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /**
   * @param most objects that it takes on.
   * @throws GatewayError where there are more.
   * @see https://git-scm.com/docs/git-cat-file#_batch_output
   */
  static async open(spawn: (args: readonly string[]) => GitProcess, most: number): Promise<ObjectReader> {
    const list = spawn(['cat-file', '--batch-check', '--batch-all-objects', '--unordered']);
    list.stdin.end();
    const objects = await listed(list, most);
    return new ObjectReader(objects, spawn(['cat-file', '--batch']));
  }

  /**
   * One at a time.
   *
   * @returns undefined where it is not there, or too large.
   */
  async read(id: string): Promise<Buffer | undefined> {
    const info = this.objects.get(id);
    if (info === undefined || info.size > MAX_BYTES[info.type]) return undefined;
    this.#git.stdin.write(`${id}\n`);
    const header = LINE.exec(await this.#line());
    if (Number(header?.[3]) !== info.size)
      throw new GatewayError('ERR_LIMIT', 'git did not answer as it should about the objects of the push.');
    const contents = await this.#exactly(info.size + 1);
    return contents.subarray(0, -1);
  }

  close(): void {
    this.#git.kill('SIGKILL');
  }

  async #line(): Promise<string> {
    while (!this.#bytes.includes(0x0a)) this.#bytes = Buffer.concat([this.#bytes, await this.#more()]);
    const end = this.#bytes.indexOf(0x0a);
    const line = this.#bytes.toString('latin1', 0, end);
    this.#bytes = this.#bytes.subarray(end + 1);
    return line;
  }

  async #exactly(length: number): Promise<Buffer> {
    const pieces = [this.#bytes];
    let have = this.#bytes.length;
    while (have < length) {
      const piece = await this.#more();
      pieces.push(piece);
      have += piece.length;
    }
    const bytes = Buffer.concat(pieces);
    this.#bytes = bytes.subarray(length);
    return bytes.subarray(0, length);
  }

  async #more(): Promise<Buffer> {
    const next = await this.#output.next();
    if (next.done) throw new GatewayError('ERR_LIMIT', 'git ended while the objects of the push were read: it ran out of time or memory.');
    return next.value;
  }
}

async function listed(list: GitProcess, most: number): Promise<Map<string, ObjectInfo>> {
  const objects = new Map<string, ObjectInfo>();
  let rest = '';
  for await (const text of list.stdout.setEncoding('latin1') as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (objects.size + lines.length > most) {
      list.kill('SIGKILL');
      throw new GatewayError('ERR_LIMIT', `there are more than ${most} objects to look at`);
    }
    for (const line of lines) {
      const [, id, type, size] = LINE.exec(line) ?? [];
      if (id !== undefined) objects.set(id, { type: type as ObjectInfo['type'], size: Number(size) });
    }
  }
  await finished(list);
  return objects;
}
