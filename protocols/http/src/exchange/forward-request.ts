import { GatewayError, type HoldContext } from '@sallyport/core';
import { shownTarget } from '../classify/request-target.ts';
import { type Fields, field } from '../message/fields.ts';
import type { Answer } from '../upstream/answer.ts';
import { answerMask } from './answer-mask.ts';
import { giveAnswer } from './answering.ts';
import { type Answered, ask } from './asking.ts';
import type { Exchange } from './exchange.ts';
import { refuse } from './refusal.ts';
import { bodyChunks, drain, sha256, type Taken, takeBody, wholeOf } from './request-body.ts';
import { resultOf } from './result.ts';
import { targetFields } from './target-fields.ts';
import { bodyWanted, wishOf } from './wish.ts';

/** A held request is taken in up to here: what is approved is a digest of all of it. */
const MOST_HELD = 16 << 20;
/** What of a body who approves sees. */
const EXCERPT = 2_048;
/** How soon a client may ask again for what waits for a person. */
const RETRY_AFTER_SECONDS = '15';

/** A request of the ordinary kind: judged by its head, passed on as it comes, answered as the target answers. */
export async function forwardRequest(exchange: Exchange): Promise<void> {
  const { request, record, gate, visit, reply } = exchange;
  record.request(`${request.method} ${shownTarget(exchange.requested)} HTTP/${request.version}`, request.fields);
  const body = new RequestBody(exchange);
  const fields = targetFields(request, exchange.target, visit.tokenHeader);
  const wanted = bodyWanted(exchange);
  const wish = wishOf(exchange, fields, wanted === 0 ? undefined : await body.whole(wanted));
  const ruling = await ask(exchange, wish, () => body.context());
  if (ruling.action === 'deny') return deny(exchange, ruling);
  const masked: Record<string, number> = {};
  const count = (rule: string): void => {
    masked[rule] = (masked[rule] ?? 0) + 1;
  };
  try {
    const answer = await send(exchange, fields, body);
    visit.seen.targetFrames += 1;
    const { bytes } = await giveAnswer(exchange, answer, answerMask(exchange, answer, count));
    visit.seen.targetBytes += bytes;
    gate.note(resultOf(ruling.command, answer.status, bytes, masked));
  } catch (error) {
    const { code, message } = error instanceof GatewayError ? error : { code: 'ERR_ENDED', message: 'The client left.' };
    gate.note({ type: 'result', command: ruling.command, state: 'unknown', rows: 0, bytes: 0, error: { code, message }, masked });
    if (reply.left.aborted) return;
    throw exchange.signal.aborted && !reply.left.aborted ? exchange.signal.reason : error;
  }
}

async function send(exchange: Exchange, fields: Fields, body: RequestBody): Promise<Answer> {
  const { request, requested, target, gate, upstreams, signal } = exchange;
  body.letCome();
  const grpc = field(request.fields, 'content-type')?.startsWith('application/grpc') === true;
  const durable = gate.durable();
  if (durable !== undefined) await durable;
  signal.throwIfAborted();
  return upstreams
    .for(target, grpc)
    .send({ method: request.method, path: requested.path + requested.query, fields, body: body.toTarget() }, signal);
}

/** The body of a request on its way: recorded, counted, and taken in where a person must see it first. */
class RequestBody {
  readonly #exchange: Exchange;
  readonly #chunks: AsyncIterable<Buffer>;
  #taken: Taken | undefined;
  #waits: boolean;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#chunks = bodyChunks(exchange);
    this.#waits = exchange.request.expectsContinue;
  }

  /** Tells a client that waits for it to send the body. */
  letCome(): void {
    if (this.#waits) this.#exchange.reply.continue();
    this.#waits = false;
  }

  /** The whole of it, where it is no longer than `most`; undefined: it is. */
  async whole(most: number): Promise<Buffer | undefined> {
    const { head, rest } = await this.#take(most);
    return rest === undefined ? head : undefined;
  }

  async #take(most: number): Promise<Taken> {
    this.letCome();
    this.#taken = await takeBody(this.#taken === undefined ? this.#chunks : wholeOf(this.#taken), most);
    return this.#taken;
  }

  /** What somebody is to approve besides the head. */
  async context(): Promise<HoldContext> {
    const { request, gate } = this.#exchange;
    if (request.length === 0) return {};
    const { head, rest } = await this.#take(MOST_HELD);
    if (rest !== undefined)
      throw new GatewayError(
        'ERR_LIMIT',
        `A request that is held for approval may have at most ${MOST_HELD >> 20} MiB: what is approved is all of it.`,
      );
    const excerpt = head.subarray(0, EXCERPT);
    const shown = gate.textMask?.value(excerpt, 0, excerpt.length, () => undefined) ?? excerpt;
    return { body: `${head.length} bytes, SHA-256 ${sha256(head)}`, content: shown.toString('utf8') };
  }

  toTarget(): AsyncIterable<Buffer> | Buffer | null {
    const { request } = this.#exchange;
    if (request.length === 0) return null;
    return this.#recorded(this.#taken === undefined ? this.#chunks : wholeOf(this.#taken));
  }

  async *#recorded(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { record, gate, options, visit } = this.#exchange;
    const body = record.body(
      'client',
      options.record_body_kib * 1024,
      gate.textMask?.stream(() => undefined),
    );
    for await (const chunk of chunks) {
      body.write(chunk);
      visit.seen.clientBytes += chunk.length;
      const durable = gate.durable();
      if (durable !== undefined) await durable;
      yield chunk;
    }
    body.end();
  }
}

/** The request goes no further: its client reads why, or when to come back. */
async function deny({ request, reply, gate, target }: Exchange, ruling: Extract<Answered, { readonly action: 'deny' }>): Promise<void> {
  if (reply.left.aborted) return;
  const { approval, message, notice } = ruling;
  const waiting = approval !== undefined;
  const drained = await drain(request);
  refuse(
    reply,
    {
      status: 403,
      type: waiting ? 'held' : ruling.cause,
      message: waiting ? `${message} ${notice ?? ''}`.trim() : `${target.name}: ${message}`,
      rules: ruling.rules ?? [],
      session: gate.id,
      approval,
      fields: [
        ...(waiting ? [['retry-after', RETRY_AFTER_SECONDS] as const] : []),
        ...(drained || request.version === '2' ? [] : [['connection', 'close'] as const]),
      ],
    },
    request.method,
  );
}
