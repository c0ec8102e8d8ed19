import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { serveGit } from '../../packages/cli/src/demo/git-server.ts';

/** A repository `/git/shop.git`, with a store of large files of its own. */
export interface GitTarget {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
  stop(): Promise<void>;
}

/** A batch of Git LFS: https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md */
interface Batch {
  readonly operation: 'download' | 'upload';
  readonly objects: readonly { readonly oid: string; readonly size: number }[];
}

const LFS = /^\/git\/shop\.git\/(info\/lfs\/objects\/batch|lfs\/verify|lfs\/([0-9a-f]{64}))$/;
/** What `git http-backend` is asked for; who is let in was looked at before. */
const ACCOUNT = { username: 'target', password: 'target' };
const SIGNED_IN = `Basic ${Buffer.from('target:target').toString('base64')}`;
const MEDIA_TYPE = 'application/vnd.git-lfs+json';

/** @param scheme by which clients reach it. */
export async function startGitTarget(scheme: 'http' | 'https'): Promise<GitTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-compat-git-'));
  const run = promisify(execFile);
  await run('git', ['init', '-q', '--bare', '-b', 'main', join(folder, 'git', 'shop.git')]);
  await run('git', ['-C', join(folder, 'git', 'shop.git'), 'config', 'http.receivepack', 'true']);
  const files = new Map<string, Buffer>();
  return {
    async serve(request, response) {
      const [, call = '', oid] = LFS.exec(request.url ?? '') ?? [];
      if (oid !== undefined) return await transfer(request, response, files, oid);
      if (call.endsWith('batch')) return await answerBatch(request, response, files, scheme);
      if (call.endsWith('verify')) return void response.writeHead(200, { 'content-type': MEDIA_TYPE }).end('{}');
      if (request.url?.includes('/info/lfs/') === true) return void response.writeHead(404).end(); // locks
      request.headers.authorization = SIGNED_IN;
      await serveGit(request, response, { folder, ...ACCOUNT });
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function transfer(request: IncomingMessage, response: ServerResponse, files: Map<string, Buffer>, oid: string): Promise<void> {
  const { method } = request;
  const file = files.get(oid);
  if (method === 'GET' && file !== undefined) return void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(file);
  if (method !== 'PUT') return void response.writeHead(404).end();
  const bytes = await buffer(request);
  if (createHash('sha256').update(bytes).digest('hex') !== oid) return void response.writeHead(422).end();
  files.set(oid, bytes);
  response.writeHead(200).end();
}

/** Large files lie on the server itself: every action leads back to it. */
async function answerBatch(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, Buffer>,
  scheme: string,
): Promise<void> {
  const { operation, objects } = (await json(request)) as Batch;
  // Go asks no proxy for "localhost": there, by another name of it.
  const host = scheme === 'https' ? request.headers.host?.replace(/^localhost\.?:/, 'localhost.:') : request.headers.host;
  const base = `${scheme}://${host}/git/shop.git/lfs`;
  const answered = objects.map(({ oid, size }) => {
    if (operation === 'upload') {
      const actions = files.has(oid) ? {} : { actions: { upload: { href: `${base}/${oid}` }, verify: { href: `${base}/verify` } } };
      return { oid, size, ...actions };
    }
    if (files.has(oid)) return { oid, size, actions: { download: { href: `${base}/${oid}` } } };
    return { oid, size, error: { code: 404, message: 'there is no such file' } };
  });
  response.writeHead(200, { 'content-type': MEDIA_TYPE }).end(JSON.stringify({ transfer: 'basic', objects: answered }));
}
