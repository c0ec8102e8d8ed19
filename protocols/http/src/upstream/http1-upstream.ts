import type { Duplex } from 'node:stream';
import { isNativeError } from 'node:util/types';
import { GatewayError, type Target, tlsOptions, unreachable } from '@sallyport/core';
import { type Dispatcher, errors, Pool } from 'undici';
import { RequestError } from '../errors.ts';
import { type Fields, flat } from '../message/fields.ts';
import type { TargetOptions } from '../target-schema.ts';
import type { Answer, Outgoing, Upgraded, Upstream } from './answer.ts';
import { AnswerBody } from './answer-body.ts';
import type { ReachedTarget } from './reached-target.ts';

/** To one target at once; more wait. */
const MOST_CONNECTIONS = 1_024;
const CONNECT_MS = 10_000;
/** Shorter than what servers usually allow: a request on a connection that just closes is lost. */
const KEEP_ALIVE_MS = 4_000;
const LONGEST_HEAD = 128 * 1024;
/** Can be sent again when the connection broke before anything was answered: RFC 9110 section 9.2.2. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** HTTP/1.1 towards a target, over connections that all sessions share: every request brings its own credential. */
export class Http1Upstream implements Upstream {
  readonly #target: ReachedTarget;
  readonly #pool: Pool;

  constructor(target: ReachedTarget) {
    this.#target = target;
    this.#pool = new Pool(originOf(target), {
      connections: MOST_CONNECTIONS,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: LONGEST_HEAD,
      headersTimeout: (target.options as TargetOptions).timeout_seconds * 1_000,
      bodyTimeout: 0, // the reader watches: only it knows whether silence is meant
      connect: {
        timeout: CONNECT_MS,
        ...(target.lookup !== undefined && { lookup: target.lookup }),
        ...(target.tls.mode !== 'disable' && connectOptions(target)),
      },
    });
  }

  async send(request: Outgoing, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#dispatch(request, signal);
    } catch (error) {
      if (!isStale(error) || !SAFE.has(request.method) || request.body !== null || signal.aborted) throw this.#told(error);
      return this.#dispatch(request, signal).catch((again: unknown) => {
        throw this.#told(again);
      });
    }
  }

  /** Asks for another protocol on a connection of its own. @returns the answer of a target that does not agree */
  upgrade(request: Outgoing, protocol: string, signal: AbortSignal): Promise<Upgraded | Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Upgraded | Answer>();
    const handler = new Exchange(this.#parts(resolve, reject, signal, (status, fields, socket) => resolve({ status, fields, socket })));
    this.#pool.dispatch({ ...optionsOf(request), upgrade: protocol }, handler);
    return promise.catch((error: unknown) => {
      throw this.#told(error);
    });
  }

  close(): void {
    void this.#pool.destroy();
  }

  /** Lets end what is under way. */
  retire(): void {
    void this.#pool.close();
  }

  #dispatch(request: Outgoing, signal: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#pool.dispatch(optionsOf(request), new Exchange(this.#parts(resolve, reject, signal)));
    return promise;
  }

  #parts(
    resolve: ExchangeParts['resolve'],
    reject: ExchangeParts['reject'],
    signal: AbortSignal,
    upgraded?: ExchangeParts['upgraded'],
  ): ExchangeParts {
    return { resolve, reject, signal, upgraded, told: (error) => this.#told(error) };
  }

  /** As one sentence, with the status that fits. */
  #told(error: unknown): unknown {
    return error instanceof GatewayError || !isNativeError(error) ? error : told(error, this.#target);
  }
}

function told(error: Error, target: Target): GatewayError {
  const { name, host, port } = target;
  if (error instanceof errors.HeadersTimeoutError)
    return new RequestError(504, 'ERR_TARGET_CLOSED', `The target ${name} did not answer within its \`timeout_seconds\`.`, {
      cause: error,
    });
  if (error instanceof errors.ConnectTimeoutError)
    return new RequestError(
      504,
      'ERR_TARGET_UNREACHABLE',
      `The target ${name} could not be reached at ${host}:${port} within ${CONNECT_MS / 1000} seconds.`,
      { cause: error },
    );
  if (
    error instanceof errors.HTTPParserError ||
    error instanceof errors.ResponseExceededMaxSizeError ||
    error instanceof errors.HeadersOverflowError
  )
    return new GatewayError('ERR_PROTOCOL', `What the target ${name} answered is not HTTP: ${error.message}.`, { cause: error });
  if (error instanceof errors.SocketError)
    return new GatewayError('ERR_TARGET_CLOSED', `The target ${name} closed the connection before it had answered.`, { cause: error });
  const { code = error.message } = error as NodeJS.ErrnoException;
  if (code.startsWith('ERR_TLS') || code.includes('CERT') || code.includes('ISSUER') || code.includes('SELF_SIGNED'))
    return unreachable(
      target,
      `did not pass the TLS check (${error.message}): check its certificate, and "tls" and "ca" of the target`,
      error,
    );
  return unreachable(target, `cannot be reached at ${host}:${port} (${code}): check that it runs, and the target's "address"`, error);
}

/** A connection that the target had closed while it was idle. */
function isStale(error: unknown): boolean {
  if (error instanceof errors.SocketError) return (error.socket?.bytesRead ?? 0) === 0 || error.message === 'other side closed';
  return isNativeError(error) && ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');
}

interface ExchangeParts {
  readonly signal: AbortSignal;
  resolve(answer: Answer): void;
  reject(error: Error): void;
  readonly upgraded: ((status: number, fields: Fields, socket: Duplex) => void) | undefined;
  /** What a reader is told of an error within an answer. */
  told(error: Error): unknown;
}

/** One request on its way, as undici tells of it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #parts: ExchangeParts;
  #body: AnswerBody | undefined;
  #trailers: Fields = [];
  #stop: () => void = () => undefined;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const stop = (): void => controller.abort(this.#parts.signal.reason as Error);
    if (this.#parts.signal.aborted) stop();
    else this.#parts.signal.addEventListener('abort', stop, { once: true });
    this.#stop = () => this.#parts.signal.removeEventListener('abort', stop);
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController, status: number, _headers: unknown, socket: Duplex): void {
    this.#stop();
    if (this.#parts.upgraded === undefined) socket.destroy();
    this.#parts.upgraded?.(status, linesOf(controller.rawHeaders), socket);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    this.#body = new AnswerBody(controller);
    this.#parts.resolve({
      status,
      fields: linesOf(controller.rawHeaders),
      body: this.#body,
      headOnly: false,
      trailers: () => this.#trailers,
    });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#stop();
    this.#trailers = linesOf(controller.rawTrailers);
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#stop();
    if (this.#body === undefined) this.#parts.reject(error);
    else this.#body.fail(this.#parts.told(error));
  }
}

function optionsOf({ method, path, fields, body }: Outgoing): Dispatcher.DispatchOptions {
  return { method: method as Dispatcher.HttpMethod, path, headers: flat(fields), body: body as Buffer | null };
}

/** undici gives a list of names and values, as bytes. */
function linesOf(raw: Dispatcher.DispatchController['rawHeaders']): Fields {
  if (!Array.isArray(raw)) return [];
  const fields: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) fields.push([textOf(raw[at]).toLowerCase(), textOf(raw[at + 1])]);
  return fields;
}

function textOf(bytes: Buffer | string | undefined): string {
  return typeof bytes === 'string' ? bytes : (bytes?.toString('latin1') ?? '');
}

function connectOptions(target: Target): object {
  const { host: _, ALPNProtocols: __, ...options } = tlsOptions(target);
  return options;
}

/** `https://host:port` of a target. */
export function originOf({ host, port, tls }: Target): string {
  return `${tls.mode === 'disable' ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What stands in `Host`: the port only where it is not the usual one. */
export function authorityOf({ host, port, tls }: Target): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (tls.mode === 'disable' ? 80 : 443) ? name : `${name}:${port}`;
}
