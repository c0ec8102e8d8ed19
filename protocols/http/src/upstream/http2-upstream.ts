import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { GatewayError, tlsOptions, unreachable } from '@sallyport/core';
import { RequestError } from '../errors.ts';
import { type Fields, fieldsOf } from '../message/fields.ts';
import type { TargetOptions } from '../target-schema.ts';
import type { Answer, Outgoing, Upstream } from './answer.ts';
import { authorityOf, originOf } from './http1-upstream.ts';
import type { ReachedTarget } from './reached-target.ts';

const CONNECT_MS = 10_000;
const IDLE_MS = 60_000;
const WINDOW = 4 << 20;

/** HTTP/2 towards a target, over one connection that all sessions share. */
export class Http2Upstream implements Upstream {
  readonly #target: ReachedTarget;
  #session: Promise<ClientHttp2Session> | undefined;

  constructor(target: ReachedTarget) {
    this.#target = target;
  }

  async send(request: Outgoing, signal: AbortSignal): Promise<Answer> {
    const session = await this.#connected();
    signal.throwIfAborted();
    const { method, path, fields, body } = request;
    const { tls } = this.#target;
    const pseudo = {
      ':method': method,
      ':path': path,
      ':scheme': tls.mode === 'disable' ? 'http' : 'https',
      ':authority': authorityOf(this.#target),
    };
    const stream = session.request({ ...pseudo, ...groupedRequest(fields) }, { endStream: body === null });
    const stop = (): void => stream.close(constants.NGHTTP2_CANCEL);
    signal.addEventListener('abort', stop, { once: true });
    stream.once('close', () => signal.removeEventListener('abort', stop));
    const sending = body === null ? undefined : this.#write(stream, body);
    sending?.catch((error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))));
    return this.#answer(stream, signal);
  }

  close(): void {
    void this.#session?.then((session) => session.destroy()).catch(() => undefined);
  }

  /** Lets end what is under way. */
  retire(): void {
    void this.#session?.then((session) => session.close()).catch(() => undefined);
  }

  async #write(stream: ClientHttp2Stream, body: Buffer | AsyncIterable<Buffer>): Promise<void> {
    if (Buffer.isBuffer(body)) return void stream.end(body);
    for await (const chunk of body) {
      if (stream.destroyed) return;
      if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
    }
    stream.end();
  }

  #answer(stream: ClientHttp2Stream, signal: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { name, options } = this.#target;
    const seconds = (options as TargetOptions).timeout_seconds;
    const late = setTimeout(() => {
      reject(new RequestError(504, 'ERR_TARGET_CLOSED', `The target ${name} did not answer within its \`timeout_seconds\`.`));
      stream.close(constants.NGHTTP2_CANCEL);
    }, seconds * 1_000);
    let trailers: Fields = [];
    stream.on('trailers', (_headers: unknown, _flags: number, raw?: readonly string[]) => {
      trailers = fieldsOf(raw ?? []);
    });
    stream.once('response', (headers, flags, ...rest: unknown[]) => {
      clearTimeout(late);
      const raw = (rest[0] as readonly string[] | undefined) ?? [];
      const fields = fieldsOf(raw).filter(([field]) => !field.startsWith(':'));
      const headOnly = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      resolve({ status: Number(headers[':status']), fields, body: this.#body(stream, signal), headOnly, trailers: () => trailers });
    });
    stream.once('error', (cause) => reject(this.#closed(cause)));
    stream.once('close', () => {
      clearTimeout(late);
      reject(signal.aborted ? (signal.reason as Error) : this.#closed());
    });
    return promise;
  }

  async *#body(stream: ClientHttp2Stream, signal: AbortSignal): AsyncGenerator<Buffer> {
    try {
      yield* stream as AsyncIterable<Buffer>;
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw this.#closed();
    } catch (cause) {
      signal.throwIfAborted();
      throw cause instanceof GatewayError ? cause : this.#closed(cause);
    }
  }

  #connected(): Promise<ClientHttp2Session> {
    this.#session ??= this.#connect();
    return this.#session;
  }

  async #connect(): Promise<ClientHttp2Session> {
    const target = this.#target;
    const { host: _, ...tls } = target.tls.mode === 'disable' ? { host: '' } : tlsOptions(target, 'h2');
    const session = connect(originOf(target), {
      ...tls,
      ...(target.lookup !== undefined && { lookup: target.lookup }),
      settings: { enablePush: false, initialWindowSize: WINDOW },
      maxSessionMemory: 64,
    });
    const forget = (): void => {
      this.#session = undefined;
    };
    session.on('error', () => undefined);
    session.once('close', forget).once('goaway', forget);
    session.setTimeout(IDLE_MS, () => {
      forget();
      session.close();
    });
    const late = AbortSignal.timeout(CONNECT_MS);
    try {
      await once(session, 'connect', { signal: late });
      session.setLocalWindowSize(4 * WINDOW);
      return session;
    } catch (cause) {
      forget();
      session.destroy();
      const why = late.aborted ? 'no answer' : ((cause as NodeJS.ErrnoException).code ?? (cause as Error).message);
      throw unreachable(
        target,
        `cannot be reached at ${target.host}:${target.port} with HTTP/2 (${why}): check that it runs, and the target's "address" and "http"`,
        cause,
      );
    }
  }

  #closed(cause?: unknown): GatewayError {
    return new GatewayError('ERR_TARGET_CLOSED', `The target ${this.#target.name} broke the answer off.`, { cause });
  }
}

function groupedRequest(fields: Fields): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of fields) {
    if (name === 'host') continue;
    const known = headers[name];
    headers[name] = known === undefined ? value : [known, value].flat();
  }
  return headers;
}
