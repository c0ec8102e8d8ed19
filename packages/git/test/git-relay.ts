import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  AdvertisementEditor,
  type BaseConversation,
  type FetchRequest,
  FetchRequestReader,
  type PushDenial,
  parseGitCall,
  pushDenial,
  pushKeepalive,
  pushNotice,
  readPushRequest,
  type SpooledPush,
  type SpoolOptions,
  spoolPush,
} from '../src/index.ts';

/** What a test rules: undefined lets the push through. */
export type Judge = (push: SpooledPush, notice: (text: string) => void) => Promise<PushDenial | undefined>;

/** Stands for ssh: tells the relay its arguments in one line, then passes bytes. */
const PIPE = `import { connect } from 'node:net';
const socket = connect({ path: process.argv[2], allowHalfOpen: true });
socket.write(JSON.stringify({ command: process.argv.at(-1), protocol: process.env.GIT_PROTOCOL ?? '' }) + '\\n');
process.stdin.pipe(socket);
socket.pipe(process.stdout);
socket.on('error', () => process.exit(1));
`;

/** The least that a transport has to do, between a real client and a real git of the target. */
export class GitRelay {
  /** Pushes as they were judged, and what was fetched. */
  readonly pushes: SpooledPush[] = [];
  readonly fetches: FetchRequest[] = [];
  readonly failures: unknown[] = [];
  /** Set by a test. */
  judge: Judge = async () => undefined;
  options: Partial<SpoolOptions> = {};
  /** Compares with what the target has. */
  base = false;
  /** What it asks in; undefined: the target is silent. */
  baseProtocol: string | undefined = 'version=2';
  readonly command: string;
  readonly #directory: string;
  readonly #server: Server;
  readonly #serving: Promise<void>[] = [];

  private constructor(directory: string, server: Server) {
    this.#directory = directory;
    this.#server = server;
    writeFileSync(join(directory, 'pipe.mjs'), PIPE);
    this.command = `'${process.execPath}' '${join(directory, 'pipe.mjs')}' '${join(directory, 'relay')}'`;
  }

  static async open(directory: string): Promise<GitRelay> {
    const server = createServer({ allowHalfOpen: true });
    const relay = new GitRelay(directory, server);
    server.on('connection', (socket) => {
      const serving = relay.#serve(socket).catch((error: unknown) => {
        relay.failures.push(error);
        socket.destroy();
      });
      relay.#serving.push(serving);
    });
    server.listen(join(directory, 'relay'));
    await once(server, 'listening');
    return relay;
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
    await Promise.all(this.#serving);
  }

  async #serve(socket: Socket): Promise<void> {
    const chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
    const { value } = (await chunks.next()) as { value: Buffer };
    const line = value.indexOf(0x0a);
    const { command, protocol } = JSON.parse(value.toString('utf8', 0, line)) as { command: string; protocol: string };
    const call = parseGitCall(command);
    if (call === undefined) throw new Error(`not a call of git: ${command}`);
    const target = startGit(call.service, call.path, protocol);
    const client = continued(value.subarray(line + 1), chunks);
    if (call.service === 'receive-pack') await this.#push(socket, client, target, call.path);
    else await this.#fetch(socket, client, target);
  }

  async #push(socket: Socket, client: AsyncIterable<Buffer>, target: ChildProcessWithoutNullStreams, path: string): Promise<void> {
    const editor = new AdvertisementEditor();
    target.stdout.on('data', (chunk: Buffer) => socket.write(editor.push(chunk)));
    target.stdout.on('end', () => socket.end());
    const read = await readPushRequest(client);
    if (read === undefined) return void target.stdin.end();
    const { request, rest } = read;
    const base = this.base ? { base: async () => this.#ask(path) } : {};
    let denial: PushDenial | undefined;
    try {
      const push = await spoolPush(request, rest, { directory: this.#directory, ...base, ...this.options });
      this.pushes.push(push);
      denial = await this.judge(push, (text) => void socket.write(Buffer.concat([pushNotice(request, text), pushKeepalive(request)])));
      if (denial === undefined) for await (const bytes of push.bytes()) if (!target.stdin.write(bytes)) await once(target.stdin, 'drain');
      await push.close();
    } catch (error) {
      denial = { message: String(error), reason: 'refused by the gateway' };
      this.failures.push(error);
    }
    if (denial !== undefined) {
      target.stdout.removeAllListeners();
      target.kill();
      socket.end(pushDenial(request, denial));
      socket.resume();
    }
    target.stdin.end();
  }

  #ask(path: string): BaseConversation {
    if (this.baseProtocol !== undefined) return conversation(startGit('upload-pack', path, this.baseProtocol));
    return { send: () => undefined, received: silence(), close: () => undefined };
  }

  async #fetch(socket: Socket, client: AsyncIterable<Buffer>, target: ChildProcessWithoutNullStreams): Promise<void> {
    target.stdout.pipe(socket);
    const reader = new FetchRequestReader();
    for await (const chunk of client) {
      this.fetches.push(...reader.push(chunk));
      target.stdin.write(chunk);
    }
    target.stdin.end();
  }
}

function startGit(service: string, path: string, protocol: string): ChildProcessWithoutNullStreams {
  const environment = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_PROTOCOL: protocol };
  const git = spawn('git', [service, path], { env: environment });
  git.stdin.on('error', () => undefined);
  return git;
}

function conversation(git: ChildProcessWithoutNullStreams): BaseConversation {
  return { send: (bytes) => void git.stdin.write(bytes), received: git.stdout, close: () => void git.stdin.end() };
}

async function* silence(): AsyncGenerator<Buffer> {
  yield await new Promise<never>(() => undefined);
}

async function* continued(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}
