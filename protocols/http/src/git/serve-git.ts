import { AdvertisementEditor, FetchRequestReader, fetchCommand } from '@sallyport/git';
import { asGatewayError, badRequest, RequestError, statusOf } from '../errors.ts';
import { giveAnswer } from '../exchange/answering.ts';
import { ask, type Wish } from '../exchange/asking.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { takeBody } from '../exchange/request-body.ts';
import { resultOf } from '../exchange/result.ts';
import { without } from '../message/fields.ts';
import { refuseGit } from './git-refusal.ts';
import { sendGit } from './git-target.ts';
import { gitWish } from './git-wish.ts';
import { plainBody } from './plain-body.ts';
import { servePush } from './serve-push.ts';
import type { SmartRequest } from './smart-request.ts';

/** What a client may ask of `git-upload-pack` at once: a hundred thousand refs take a few MiB. */
const MOST_ASKED = 16 << 20;
/** Neither names nor wishes: only whether the client may ask. */
const PROBE = '0000';

/** Serves what git itself asks for. https://git-scm.com/docs/gitprotocol-http */
export async function serveGit(exchange: Exchange, call: SmartRequest): Promise<void> {
  const { reply } = exchange;
  if (call.kind === 'call' && call.service === 'receive-pack') return await servePush(exchange, call);
  try {
    if (call.kind === 'refs') await serveRefs(exchange, call);
    else await serveFetch(exchange, call);
  } catch (cause) {
    if (reply.left) return;
    const error = asGatewayError(exchange.signal.aborted ? exchange.signal.reason : cause);
    exchange.host.log('warn', error.message, { session: exchange.gate.id, ...(error.cause !== undefined && { err: error.cause }) });
    refuseGit(exchange, call, statusOf(error), error.message);
  }
}

/** The refs that there are, or in protocol 2 what the server can do. A push may only use what is understood here. */
async function serveRefs(exchange: Exchange, call: SmartRequest): Promise<void> {
  const wish = gitWish(exchange, call, { class: ['read'], exact: ['refs'] });
  const push = call.service === 'receive-pack';
  await carry(exchange, call, wish, null, push ? edited : undefined);
}

async function* edited(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const editor = new AdvertisementEditor();
  for await (const chunk of body) yield editor.push(chunk);
}

/** One question to `git-upload-pack`: for names, or for the objects behind them. */
async function serveFetch(exchange: Exchange, call: SmartRequest): Promise<void> {
  const { head: body, rest } = await takeBody(plainBody(exchange), MOST_ASKED);
  if (rest !== undefined)
    throw new RequestError(413, 'ERR_LIMIT', `A fetch asks for more than fits in ${MOST_ASKED >> 20} MiB: fetch fewer refs at once.`);
  const recorded = exchange.record.body('client', exchange.options.record_body_kib * 1024);
  recorded.write(body);
  recorded.end();
  const names = body.includes('command=ls-refs');
  await carry(names ? exchange : withoutPacks(exchange), call, fetchWish(exchange, call, body), body);
}

function fetchWish(exchange: Exchange, call: SmartRequest, body: Buffer): Wish {
  if (call.service === 'upload-archive') return gitWish(exchange, call, { class: ['read'], exact: [body.toString('latin1')] });
  const [asked, ...others] = new FetchRequestReader().push(body);
  if (asked === undefined && body.toString('latin1') === PROBE) return gitWish(exchange, call, { class: ['read'], exact: [PROBE] });
  if (asked === undefined || others.length > 0) throw badRequest('A fetch asks one question in each request.');
  const { class: classes, digestParts, objects, text } = fetchCommand(call.repository, asked);
  return gitWish(exchange, call, { class: classes, refs: objects.refs, text, exact: digestParts });
}

/** Of a pack that was fetched the record has size and SHA-256. */
function withoutPacks(exchange: Exchange): Exchange {
  return { ...exchange, options: { ...exchange.options, record_body_kib: 0 } };
}

/** Judges it, then passes it on. @param edit what the client gets of an answer that went well */
async function carry(
  exchange: Exchange,
  call: SmartRequest,
  wish: Wish,
  body: Buffer | null,
  edit?: (body: AsyncIterable<Buffer>) => AsyncIterable<Buffer>,
): Promise<void> {
  const { gate, visit } = exchange;
  const ruling = await ask(exchange, wish, async () => ({}));
  if (ruling.action === 'deny') return refuseGit(exchange, call, 403, [ruling.message, ruling.notice ?? ''].join(' ').trim());
  const { command } = ruling;
  const masked: Record<string, number> = {};
  const count = (rule: string): void => {
    masked[rule] = (masked[rule] ?? 0) + 1;
  };
  try {
    const sent = await sendGit(exchange, { body, ...(body !== null && { length: body.length }), compressed: edit === undefined });
    const answer =
      edit === undefined || sent.status !== 200 ? sent : { ...sent, fields: without(sent.fields, 'content-length'), body: edit(sent.body) };
    const bytes = await giveAnswer(exchange, answer, undefined, count);
    visit.seen.targetBytes += bytes;
    gate.note(resultOf(command, answer.status, bytes, masked));
  } catch (error) {
    const { code, message } = asGatewayError(exchange.signal.aborted ? exchange.signal.reason : error);
    gate.note({ type: 'result', command, state: 'unknown', rows: 0, bytes: 0, error: { code, message }, masked });
    throw error;
  }
}
