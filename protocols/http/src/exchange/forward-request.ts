import type { ContentMasks, CountHit } from '@sallyport/core';
import { asGatewayError, RequestError } from '../errors.ts';
import { type LlmApi, llmApi } from '../llm/api.ts';
import { beginLlm, type LlmExchange } from '../llm/begin-llm.ts';
import { type Fields, field, without } from '../message/fields.ts';
import type { Answer } from '../upstream/answer.ts';
import { giveAnswer } from './answering.ts';
import { type Answered, ask } from './asking.ts';
import { answerMasks, contentMask, isOpen } from './content-masks.ts';
import type { Exchange } from './exchange.ts';
import { Hits } from './hits.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { refuse } from './refusal.ts';
import { drain } from './request-body.ts';
import { resultOf } from './result.ts';
import { reframed, targetFields } from './target-fields.ts';
import { bodyWanted, wishOf } from './wish.ts';

/** How soon a client may ask again for what waits for a person. */
const RETRY_AFTER_SECONDS = '15';

/** What a language model is asked may be long; all of it is at hand to be read and masked. */
const LONGEST_PROMPT = 64 << 20;

/** A request of the ordinary kind: judged, passed on as it comes, answered as the target answers. */
export async function forwardRequest(exchange: Exchange): Promise<void> {
  const { request, gate, visit, reply } = exchange;
  const body = new OutgoingBody(exchange);
  const fields = targetFields(request, exchange.target, visit.tokenHeader);
  const wanted = bodyWanted(exchange);
  const wish = wishOf(exchange, fields, wanted === 0 ? undefined : await body.whole(wanted));
  const ruling = await ask(exchange, wish, () => body.context());
  if (ruling.action === 'deny') return deny(exchange, ruling);
  const { command } = ruling;
  const hits = new Hits(command, gate);
  const { count, masked } = hits;
  let llm: LlmExchange | undefined;
  let answer: Answer | undefined;
  try {
    const api = llmApi(request.method, exchange.requested.path);
    if (api !== undefined) llm = await modelCall(exchange, api, body, count);
    if (llm === undefined && request.length !== 0 && !isOpen(gate.requestMasks)) await maskRequest(exchange, body, count);
    answer = await send(exchange, fields, body, llm !== undefined);
    visit.seen.targetFrames += 1;
    const bytes = await giveAnswer(exchange, answer, llm, count);
    visit.seen.targetBytes += bytes;
    hits.flush();
    if (llm !== undefined) gate.note({ ...llm.end(), command });
    gate.note(resultOf(command, answer.status, bytes, masked));
  } catch (error) {
    if (answer !== undefined) cancel(answer);
    const { code, message } = asGatewayError(exchange.signal.aborted ? exchange.signal.reason : error);
    hits.flush();
    if (llm !== undefined) gate.note({ ...llm.end(), command });
    gate.note({ type: 'result', command, state: 'unknown', rows: 0, bytes: 0, error: { code, message }, masked });
    if (!reply.left) throw exchange.signal.aborted ? exchange.signal.reason : error;
  }
}

/** Reads what a language model is asked, and hides in it what is to be hidden from the model. */
async function modelCall(exchange: Exchange, api: LlmApi, body: OutgoingBody, count: CountHit): Promise<LlmExchange | undefined> {
  const { request, gate } = exchange;
  const { requestMasks } = gate;
  const asked = field(request.fields, 'content-encoding') === undefined ? await body.whole(LONGEST_PROMPT) : undefined;
  if (asked === undefined && !isOpen(requestMasks)) return undefined;
  const llm = beginLlm({
    api,
    request: asked ?? Buffer.alloc(0),
    masks: answerMasks(gate),
    requestMasks,
    count,
    countRequest: count,
  });
  if (asked !== undefined && llm.requestBody !== asked) body.replace(llm.requestBody);
  return llm;
}

/** What the rules hide from the target in requests of every other kind. @throws RequestError for what cannot be looked into */
async function maskRequest({ request, gate, visit }: Exchange, body: OutgoingBody, count: CountHit): Promise<void> {
  const { requestMasks } = gate;
  const unseen = (bytes: number): void => visit.passedUnseen(bytes);
  const mask = contentMask(request.fields, requestMasks, count, 'client', unseen);
  if (mask === 'opaque') return body.count(unseen);
  if (mask === undefined) return;
  const [whole, coding] = [await body.whole(LONGEST_PROMPT), field(request.fields, 'content-encoding')];
  if (whole === undefined || coding !== undefined) {
    const why = coding === undefined ? `is larger than ${LONGEST_PROMPT >> 20} MiB` : `is encoded as ${coding}`;
    throw new RequestError(
      coding === undefined ? 413 : 415,
      'ERR_LIMIT',
      `The request's body ${why}, and values in it would have to be masked: send it plain.`,
    );
  }
  body.replace(Buffer.concat([mask.push(whole), mask.flush()]));
}

async function send(exchange: Exchange, fields: Fields, body: OutgoingBody, model: boolean): Promise<Answer> {
  const { request, requested, target, gate, upstreams, signal } = exchange;
  const contentType = field(request.fields, 'content-type') ?? '';
  const masks = answerMasks(gate);
  const durable = gate.durable();
  if (durable !== undefined) await durable;
  signal.throwIfAborted();
  const outgoing = {
    method: request.method,
    path: requested.path + requested.query,
    fields: reframed(fields, body.length, model || !isOpen(masks)),
    body: body.toTarget(),
  };
  const upstream = upstreams.for(target, contentType.startsWith('application/grpc'));
  const answer = await upstream.send(outgoing, signal);
  if (!showsPartOfMasked(answer, masks)) return answer;
  cancel(answer);
  return upstream.send({ ...outgoing, fields: without(outgoing.fields, 'range', 'if-range') }, signal);
}

/** Nobody reads the rest of it: its connection is free for others, or closed. */
function cancel({ body }: Answer): void {
  void body[Symbol.asyncIterator]()
    .return?.()
    ?.catch(() => undefined);
}

/** A mask must see all of a text: who asks for a part of it gets the whole, as a server may answer (RFC 9110 section 14.2). */
function showsPartOfMasked({ status, fields }: Answer, masks: ContentMasks): boolean {
  if (status !== 206 || isOpen(masks)) return false;
  const several = field(fields, 'content-type')?.startsWith('multipart/') === true;
  return several || contentMask(fields, masks, () => undefined, 'target') !== 'opaque';
}

/** The request goes no further: its client reads why, or when to come back. */
async function deny(exchange: Exchange, ruling: Extract<Answered, { readonly action: 'deny' }>): Promise<void> {
  const { request, reply, gate, target } = exchange;
  if (reply.left) return;
  const { approval, message, notice } = ruling;
  const waiting = approval !== undefined;
  const drained = await drain(request);
  refuse(exchange, {
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
  });
}
