import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Endpoint, ExecError, type ExecItem } from '@sallyport/core';
import { field, fieldsOf } from '../message/fields.ts';
import { SESSION_HEADER, TARGET_HEADER, WAIT_HEADER } from '../message/gateway-fields.ts';
import { type Way, wayTo } from './gateway-agent.ts';
import { type RequestInput, takeInput } from './request-input.ts';
import { readRequest, type WrittenRequest } from './request-text.ts';

/** What the gateway itself may say. */
const LONGEST_REFUSAL = 64 * 1024;
/** Before asking again for what was put off: a target may have its clients wait at once, or not at all. */
const PAUSE_MS = { first: 1_000, longest: 15_000 } as const;
/** What this client does by itself. */
const TO_OTHERS = /^[^.]*send the same request again[^.]*\. /;
/** What a request must not say of itself. */
const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'expect', 'upgrade']);

/** Why the gateway answered in the target's place: see exchange/refusal.ts. */
interface Refused {
  readonly error: { readonly type: string };
  readonly reason: string;
  readonly approval?: string;
}

/**
 * Sends one request to the target, through the gateway; its content comes from `input`. A request that is held is sent again
 * until somebody has decided about it.
 *
 * @throws ExecError where the gateway answers in the target's place
 */
export async function* exec(endpoint: Endpoint, command: string, signal: AbortSignal, input?: Readable): AsyncGenerator<ExecItem> {
  signal.throwIfAborted();
  const written = readRequest(command);
  const way = wayTo(endpoint, written.url);
  const typed = field(written.fields, 'content-type') !== undefined;
  const content = written.body === undefined ? await takeInput(written.method, typed, input) : Buffer.from(written.body);
  try {
    for (let pause = 0; ; pause = Math.min(Math.max(2 * pause, PAUSE_MS.first), PAUSE_MS.longest)) {
      const answer = await send({ endpoint, way, written, content, signal, first: pause === 0 });
      const refusal = await refusalOf(answer);
      if (refusal === undefined) return yield* itemsOf(answer);
      if (!mayComeAgain(refusal, content)) throw new ExecError(refusal.error.type, refusal.reason, answer.statusCode === 403);
      if (pause === 0) yield { type: 'notice', message: refusal.reason.replace(TO_OTHERS, ''), lasting: true };
      else await delay(pause, undefined, { signal });
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ExecError
      ? error
      : new ExecError('HTTP', `The gateway ended the connection: ${(error as Error).message}.`, false);
  } finally {
    way.agent.destroy();
  }
}

interface Sending {
  readonly endpoint: Endpoint;
  readonly way: Way;
  readonly written: WrittenRequest;
  readonly content: RequestInput;
  readonly signal: AbortSignal;
  /** At first one wants to know whether it is held, and to wait afterwards. */
  readonly first: boolean;
}

async function send({ endpoint, way, written, content, signal, first }: Sending): Promise<IncomingMessage> {
  const { agent, authority, path } = way;
  const headers = headersOf(endpoint, authority, written, content, first);
  const call = httpRequest({ agent, method: written.method, path, headers, signal, setHost: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => call.once('response', resolve).once('error', reject));
  answered.catch(() => undefined);
  if (content === undefined || Buffer.isBuffer(content)) call.end(content);
  else {
    // What the gateway refuses it does not want to have: its answer says so.
    const wanted = new Promise<void>((resolve) => call.once('continue', resolve));
    call.flushHeaders();
    await Promise.race([wanted, answered]);
    if (!call.closed) pipeline(Readable.from(content), call).catch(() => undefined);
  }
  return answered;
}

function headersOf(endpoint: Endpoint, authority: string, written: WrittenRequest, content: RequestInput, first: boolean): string[] {
  const own = written.fields.filter(([name]) => !FRAMING.has(name));
  // Authorization may be meant for the target.
  const signIn = endpoint.facts?.['forward'] === undefined ? ['proxy-authorization', `Bearer ${endpoint.token}`] : [];
  const length = Buffer.isBuffer(content)
    ? ['content-length', String(content.length)]
    : ['transfer-encoding', 'chunked', 'expect', '100-continue'];
  return [
    ...['host', authority, TARGET_HEADER, endpoint.target],
    ...(first ? [WAIT_HEADER, '0'] : []),
    ...signIn,
    ...(field(own, 'user-agent') === undefined ? ['user-agent', 'sallyport-exec'] : []),
    ...(field(own, 'accept') === undefined ? ['accept', '*/*'] : []),
    ...own.flat(),
    ...(content === undefined ? [] : length),
  ];
}

async function refusalOf(answer: IncomingMessage): Promise<Refused | undefined> {
  const { statusCode = 0, headers } = answer;
  const ofGateway =
    headers[SESSION_HEADER] !== undefined || (statusCode === 401 && /realm="sallyport"/.test(headers['www-authenticate'] ?? ''));
  if (!ofGateway) return undefined;
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text = (text + (part as string)).slice(0, LONGEST_REFUSAL);
  try {
    return JSON.parse(text) as Refused;
  } catch {
    // The answer to HEAD has no content.
    return { error: { type: String(statusCode) }, reason: `The gateway answered ${statusCode} itself.` };
  }
}

function mayComeAgain({ error, approval }: Refused, content: RequestInput): boolean {
  return error.type === 'held' && approval !== undefined && (content === undefined || Buffer.isBuffer(content));
}

async function* itemsOf(answer: IncomingMessage): AsyncGenerator<ExecItem> {
  const { statusCode: status = 0, statusMessage: reason = '', httpVersion: version, rawHeaders } = answer;
  yield { type: 'answer', version, status, reason, fields: fieldsOf(rawHeaders) };
  for await (const data of answer) yield { type: 'content', data: data as Buffer };
  yield { type: 'exit', status: status < 400 ? 0 : 1 };
}
