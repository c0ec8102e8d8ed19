import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AdvertisementEditor, type BaseConversation, pushDenial, pushNotice, readPushRequest, spoolPush } from '../src/index.ts';
import type { Judge } from './git-relay.ts';

/** The least that a gateway for git over HTTP has to do. The target is `git` with `--stateless-rpc`, as HTTP servers run it. */
export class HttpRelay {
  judge: Judge = async () => undefined;
  readonly #server: Server;
  readonly #directory: string;
  readonly #repository: string;

  private constructor(server: Server, directory: string, repository: string) {
    this.#server = server;
    this.#directory = directory;
    this.#repository = repository;
  }

  static async open(directory: string, repository: string): Promise<HttpRelay> {
    const server = createServer();
    const relay = new HttpRelay(server, directory, repository);
    server.on('request', (request, response) => {
      relay.#serve(request, response).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/shop.git`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/x-git-receive-pack-advertisement');
      const editor = new AdvertisementEditor();
      for await (const chunk of this.#advertisement('receive-pack')) response.write(editor.push(chunk));
      response.end();
    } else await this.#push(request, response);
  }

  async #push(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('content-type', 'application/x-git-receive-pack-result');
    const read = await readPushRequest(request);
    if (read === undefined || read.request.updates.length === 0) return void response.end();
    const push = await spoolPush(read.request, read.rest, { directory: this.#directory, base: async () => this.#base() });
    const denial = await this.judge(push, (text) => void response.write(pushNotice(push.request, text)));
    if (denial === undefined) for await (const chunk of this.#answer('receive-pack', push.bytes())) response.write(chunk);
    await push.close();
    response.end(denial && pushDenial(push.request, denial));
  }

  /** First the body of `info/refs`, then that of the answer. */
  #base(): BaseConversation {
    let send: (bytes: Buffer) => void = () => undefined;
    const asked = new Promise<Buffer>((resolve) => {
      send = resolve;
    });
    const relay = this;
    async function* received(): AsyncGenerator<Buffer> {
      yield* relay.#advertisement('upload-pack');
      const bytes = await asked;
      yield* relay.#answer('upload-pack', [bytes]);
    }
    return { send, received: received(), close: () => undefined };
  }

  async *#advertisement(service: string): AsyncGenerator<Buffer> {
    const line = `# service=git-${service}\n`;
    yield Buffer.from(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`);
    yield* this.#git([service, '--stateless-rpc', '--advertise-refs'], []);
  }

  #answer(service: string, body: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    return this.#git([service, '--stateless-rpc'], body);
  }

  async *#git(args: readonly string[], input: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const env = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_PROTOCOL: 'version=2' };
    const git = spawn('git', [...args, this.#repository], { env });
    git.stdin.on('error', () => undefined);
    for await (const chunk of input) git.stdin.write(chunk);
    git.stdin.end();
    yield* git.stdout as AsyncIterable<Buffer>;
  }
}
