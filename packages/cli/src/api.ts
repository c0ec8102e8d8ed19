import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CliError, EXIT } from './exit.ts';

/** Answers larger than this are no answer of ours. */
const ANSWER_BYTES = 16 * 1024 * 1024;
const ANSWER_MS = 30_000;

/** A refusal by the gateway, with its own code. */
export class ApiError extends CliError {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message, status === 403 ? EXIT.denied : EXIT.failed);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/** The gateway's admin API for one bearer token. */
export class Api {
  readonly url: string;
  readonly #token: string;
  readonly #ca: string | undefined;

  /** @param ca PEM of what the gateway's certificate chains to, where the system does not know it. */
  constructor(url: string, token: string, ca?: string) {
    this.url = url;
    this.#token = token;
    this.#ca = ca;
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('POST', path, body);
  }

  /** The JSON of a `text/event-stream`, one value per event, until it ends or `signal` aborts. */
  async *events<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
    const answer = await this.#open('GET', path, undefined, signal);
    let carry = '';
    try {
      for await (const chunk of answer.setEncoding('utf8')) {
        carry += chunk as string;
        if (carry.length > ANSWER_BYTES) throw new CliError(`The gateway at ${this.url} sent an event that is too long.`);
        const events = carry.split('\n\n');
        carry = events.pop() ?? '';
        for (const event of events) {
          const data = event.split('\n').filter((line) => line.startsWith('data:'));
          if (data.length > 0) yield JSON.parse(data.map((line) => line.slice(5)).join('\n')) as T;
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.#open(method, path, body, AbortSignal.timeout(ANSWER_MS));
    return JSON.parse(await readAnswer(answer)) as T;
  }

  /** @throws ApiError when the gateway refuses */
  async #open(method: string, path: string, body: unknown, signal: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(path, this.url);
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}`, accept: 'application/json, text/event-stream' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const call = request(url, { method, headers, signal, ...(this.#ca !== undefined && { ca: this.#ca }) });
    call.end(body === undefined ? undefined : JSON.stringify(body));
    const answer = await this.#answer(call);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw refusal(status, await readAnswer(answer));
  }

  async #answer(call: ClientRequest): Promise<IncomingMessage> {
    try {
      return await new Promise((resolve, reject) => call.once('response', resolve).once('error', reject));
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
      throw new CliError(`No answer from the gateway at ${this.url} (${code}). Is \`sallyport serve\` running there?`, EXIT.failed, {
        cause,
      });
    }
  }
}

async function readAnswer(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > ANSWER_BYTES) throw new CliError('The gateway sent an answer that is too long.');
  }
  return text;
}

function refusal(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new ApiError(status, error.code, error.message);
  } catch {
    return new ApiError(status, 'unreadable', `The gateway answered with HTTP status ${status}.`);
  }
}
