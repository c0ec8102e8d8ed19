import type { Classification, GatewayError } from '@sallyport/core';
import { judgePush, type PushEnd, type PushRequest, pushDenial, pushFailure, readPushRequest } from '@sallyport/git';
import { asGatewayError, badRequest } from '../errors.ts';
import { giveAnswer } from '../exchange/answering.ts';
import { ask } from '../exchange/asking.ts';
import { CredentialEcho } from '../exchange/credential-echo.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { textOf } from '../exchange/record-text.ts';
import { resultOf } from '../exchange/result.ts';
import { field } from '../message/fields.ts';
import type { BodyRecord } from '../recorded/exchange-record.ts';
import type { Answer } from '../upstream/answer.ts';
import { GitAnswer } from './git-answer.ts';
import { resultType } from './git-refusal.ts';
import { openBase, sendGit } from './git-target.ts';
import { gitWish } from './git-wish.ts';
import { plainBody } from './plain-body.ts';
import type { SmartRequest } from './smart-request.ts';

/** The judged push of the package, as it may go on. */
type AllowedPush = Extract<Awaited<ReturnType<typeof judgePush>>, { readonly action: 'allow' }>;

/** Errors after which it is certain that the target did nothing. */
const NOTHING_DONE: ReadonlySet<GatewayError['code']> = new Set(['ERR_TARGET_UNREACHABLE', 'ERR_TARGET_AUTH']);
const WORDS_SHOWN = 300;
/** Where GitHub has repositories, beside its API. */
const GITHUB = /^(?:github\.com|[a-z0-9-]+\.ghe\.com)$/;
/** What GitHub runs. */
const WORKFLOWS = '.github/';

/**
 * Carries the second half of `git push`: what it brings is taken in and looked at before the target gets any of it, and
 * each ref is judged. https://git-scm.com/docs/gitprotocol-http#_smart_service_git_receive_pack
 */
export async function servePush(exchange: Exchange, call: SmartRequest): Promise<void> {
  const serving = new Serving(exchange, call);
  try {
    await serving.run();
  } catch (error) {
    if (!exchange.reply.left) await serving.fail(asGatewayError(exchange.signal.aborted ? exchange.signal.reason : error));
  }
}

class Serving {
  readonly #exchange: Exchange;
  readonly #call: SmartRequest;
  readonly #answer: GitAnswer;
  readonly #recorded: BodyRecord;
  #request: PushRequest | undefined;
  #rest: AsyncIterator<Buffer> | undefined;

  constructor(exchange: Exchange, call: SmartRequest) {
    this.#exchange = exchange;
    this.#call = call;
    this.#answer = new GitAnswer(exchange);
    const { gate, options, record } = exchange;
    this.#recorded = record.body(
      'client',
      options.record_body_kib * 1024,
      gate.textMask?.stream(() => undefined),
    );
  }

  async run(): Promise<void> {
    const read = await readPushRequest(plainBody(this.#exchange));
    if (read === undefined) throw badRequest('The push ended before it had named a ref.');
    const { request, rest } = read;
    this.#request = request;
    this.#rest = rest[Symbol.asyncIterator]();
    this.#recorded.write(request.raw);
    if (request.updates.length === 0) return await this.#probe(request);
    const { gate } = this.#exchange;
    const ruling = await ask(this.#exchange, this.#wish(request), async () => ({}));
    if (ruling.action === 'deny') return await this.#deny(request, [ruling.message, ruling.notice ?? ''].join(' ').trim());
    try {
      const bytes = await this.#push(request);
      gate.note(resultOf(ruling.command, 200, bytes, {}));
    } catch (error) {
      const { code, message } = asGatewayError(error);
      gate.note({ type: 'result', command: ruling.command, state: 'unknown', rows: 0, bytes: 0, error: { code, message } });
      throw error;
    }
  }

  /** Nobody knows what has become of the push, or there was none. */
  async fail({ code, message, cause }: GatewayError): Promise<void> {
    const { gate, host, reply } = this.#exchange;
    host.log('warn', message, { session: gate.id, ...(cause !== undefined && { err: cause }) });
    await this.#drain();
    const sentence = `sallyport: ${message}`;
    const request = this.#request;
    const undone = request !== undefined && NOTHING_DONE.has(code);
    const last = undone ? pushDenial(request, { message: sentence, reason: message }) : pushFailure(request, sentence);
    if (last.length === 0) reply.destroy();
    else this.#answer.end(last);
  }

  /** git asks so whether it may, before it sends much: https://git-scm.com/docs/git-config#Documentation/git-config.txt-httppostBuffer */
  async #probe(request: PushRequest): Promise<void> {
    this.#recorded.end();
    await this.#drain();
    const answer = await sendGit(this.#exchange, { body: request.raw, length: request.raw.length });
    await giveAnswer(this.#exchange, answer, undefined, () => undefined);
  }

  #wish({ options, updates }: PushRequest): ReturnType<typeof gitWish> {
    const exact = [...updates.map(({ old, new: fresh, ref }) => `${old} ${fresh} ${ref}`), '', ...options];
    return gitWish(this.#exchange, this.#call, { class: ['read'], exact });
  }

  async #deny(request: PushRequest, message: string): Promise<void> {
    this.#recorded.end();
    await this.#drain();
    this.#answer.end(pushDenial(request, { message: `sallyport: ${message}`, reason: message }));
  }

  /** Rules on what GitHub's API does mean pushes as well. */
  #objects(paths: readonly string[], partly: boolean): NonNullable<Classification['objects']> {
    const { options, target } = this.#exchange;
    const host = target.host.toLowerCase();
    if (!(options.github ?? GITHUB.test(host))) return { hosts: [host] };
    const workflow = partly || paths.some((path) => path.toLowerCase().startsWith(WORKFLOWS));
    return { hosts: [host], operations: ['github:push', 'github:contents', ...(workflow ? ['github:workflow'] : [])] };
  }

  /** @returns bytes of the answer. */
  async #push(request: PushRequest): Promise<number> {
    const { gate, host, record, signal, target } = this.#exchange;
    const rest = this.#rest as AsyncIterator<Buffer>;
    const judged = await judgePush(
      request,
      { [Symbol.asyncIterator]: () => rest },
      {
        ...{ gate, repository: this.#call.repository, place: target.host, scratch: host.scratch, left: signal },
        tell: (lines) => this.#answer.tell(lines),
        base: async () => openBase(this.#exchange, this.#call),
        objects: (paths, partly) => this.#objects(paths, partly),
        judged: (command) => record.judged(command),
        unfit: (error) => host.log('error', error.message, { session: gate.id, err: error.cause }),
      },
    );
    if (judged.pack !== undefined) this.#recorded.endWith(judged.pack.bytes, Buffer.from(judged.pack.sha256, 'hex'));
    else this.#recorded.end();
    await this.#drain();
    if (judged.action === 'allow') return await this.#forward(request, judged);
    this.#answer.end(judged.answer);
    return judged.answer.length;
  }

  async #forward(request: PushRequest, judged: AllowedPush): Promise<number> {
    let end: PushEnd = { state: 'unknown' };
    try {
      const answer = await sendGit(this.#exchange, { body: judged.bytes(), length: judged.length });
      const refused = await refusalOf(answer, this.#exchange);
      end = refused === undefined ? { state: 'unknown' } : { state: 'failed', error: { code: String(answer.status), message: refused } };
      if (refused !== undefined) {
        const last = pushDenial(request, { message: `sallyport: ${refused}`, reason: `the target answered ${answer.status}` });
        this.#answer.end(last);
        return last.length;
      }
      const bytes = await this.#answer.pour(answer, (chunk) => judged.answered(chunk));
      end = { state: 'completed' };
      return bytes;
    } catch (error) {
      const { code, message } = asGatewayError(error);
      end = { state: NOTHING_DONE.has(code) ? 'failed' : 'unknown', error: { code, message } };
      throw error;
    } finally {
      judged.ended(end);
      await judged.close();
    }
  }

  /** A client reads the answer when it has sent everything. */
  async #drain(): Promise<void> {
    try {
      while (this.#rest !== undefined && (await this.#rest.next()).done !== true);
    } catch {
      // It is answered all the same.
    }
  }
}

/** Why what the target answers is no answer to a push. */
async function refusalOf({ body, fields, status }: Answer, { gate, target }: Exchange): Promise<string | undefined> {
  const type = field(fields, 'content-type') ?? '';
  if (status === 200 && type === resultType('receive-pack')) return undefined;
  let words = '';
  for await (const chunk of body) {
    if (type.startsWith('text/plain')) words += chunk.toString('utf8');
    if (!type.startsWith('text/plain') || words.length > WORDS_SHOWN) break;
  }
  const shown = CredentialEcho.of(target)?.value(words.trim()) ?? words.trim();
  const text = textOf(Buffer.from(shown.slice(0, WORDS_SHOWN)), gate.textMask).toString();
  return `The target ${target.name} answered ${status}${text === '' ? '.' : `: ${text}`}`;
}
