import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GitRelay } from './git-relay.ts';

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** A client's clone, a target's repository, and the relay between them. */
export class GitBench {
  readonly directory = mkdtempSync(join(tmpdir(), 'sallyport-git-'));
  readonly work = join(this.directory, 'work');
  readonly target: string;
  #relay: GitRelay | undefined;

  private constructor(name: string) {
    this.target = join(this.directory, name);
  }

  static async open(options: { readonly format?: string; readonly name?: string } = {}): Promise<GitBench> {
    const bench = new GitBench(options.name ?? 'shop.git');
    bench.#relay = await GitRelay.open(bench.directory);
    const format = `--object-format=${options.format ?? 'sha1'}`;
    await bench.git('init', '-q', '--bare', '-b', 'main', format, bench.target);
    await bench.inTarget('config', 'receive.advertisePushOptions', 'true');
    await bench.inTarget('config', 'core.fsync', 'none');
    await bench.git('init', '-q', '-b', 'main', format, bench.work);
    await bench.inWork('remote', 'add', 'origin', `ssh://gateway${bench.target}`);
    return bench;
  }

  get relay(): GitRelay {
    if (this.#relay === undefined) throw new Error('closed');
    return this.#relay;
  }

  /** Whatever became of them, pushes leave nothing behind. */
  async close(): Promise<void> {
    await this.relay.close();
    const left = readdirSync(this.directory).filter((name) => name.startsWith('push-'));
    rmSync(this.directory, { recursive: true, force: true });
    expect(left).toEqual([]);
  }

  /** A commit that has these files besides those that are there. */
  async commit(files: Readonly<Record<string, string | Buffer>>, message = 'A commit'): Promise<string> {
    for (const [path, contents] of Object.entries(files)) {
      mkdirSync(dirname(join(this.work, path)), { recursive: true });
      writeFileSync(join(this.work, path), contents);
    }
    await this.inWork('add', '-A');
    await this.inWork('commit', '-q', '--allow-empty', '-m', message);
    return await this.inWork('rev-parse', 'HEAD');
  }

  /** git in the clone; throws where it fails. */
  async inWork(...args: readonly string[]): Promise<string> {
    return await this.git('-C', this.work, ...args);
  }

  async inTarget(...args: readonly string[]): Promise<string> {
    return await this.git('--git-dir', this.target, ...args);
  }

  /** What `git push origin ARGS` said. */
  async push(...args: readonly string[]): Promise<Ran> {
    return await this.run('-C', this.work, 'push', 'origin', ...args);
  }

  /** Puts an object into the clone, whatever it is. */
  async hash(type: string, contents: Buffer): Promise<string> {
    const { code, output } = await this.runWith(contents, '-C', this.work, 'hash-object', '-w', '-t', type, '--literally', '--stdin');
    if (code !== 0) throw new Error(output);
    return output.trim();
  }

  /** A pack made in the clone. */
  async packOf(objects: readonly string[], options = ''): Promise<Buffer> {
    const file = join(this.directory, 'pack');
    const child = spawn('sh', ['-c', 'git -C "$0" pack-objects --stdout -q $1 > "$2"', this.work, options, file]);
    child.stdin.end(objects.map((object) => `${object}\n`).join(''));
    await once(child, 'close');
    return readFileSync(file);
  }

  async git(...args: readonly string[]): Promise<string> {
    const { code, output } = await this.run(...args);
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${output}`);
    return output.trim();
  }

  async run(...args: readonly string[]): Promise<Ran> {
    return await this.runWith('', ...args);
  }

  async runWith(input: string | Buffer, ...args: readonly string[]): Promise<Ran> {
    const who = { NAME: 'Ann', EMAIL: 'ann@example.com', DATE: '1700000000 +0000' };
    const people = Object.entries(who).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]);
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.directory,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'core.fsync',
      GIT_CONFIG_VALUE_0: 'none',
      GIT_CONFIG_KEY_1: 'core.compression',
      GIT_CONFIG_VALUE_1: '0',
      GIT_SSH_COMMAND: this.relay.command,
      GIT_SSH_VARIANT: 'ssh',
      LC_ALL: 'C',
      ...Object.fromEntries(people),
    };
    const child = spawn('git', args, { env });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return await new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, output })));
  }
}
