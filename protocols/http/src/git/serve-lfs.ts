import { repositoryName } from '@sallyport/git';
import { asGatewayError, badRequest, RequestError, statusOf } from '../errors.ts';
import { giveAnswer } from '../exchange/answering.ts';
import { ask, type Wish } from '../exchange/asking.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { textOf } from '../exchange/record-text.ts';
import { bodyChunks, takeBody } from '../exchange/request-body.ts';
import { resultOf } from '../exchange/result.ts';
import { wishOf } from '../exchange/wish.ts';
import { type Fields, field, listed } from '../message/fields.ts';
import { SESSION_HEADER } from '../message/gateway-fields.ts';
import type { Answer } from '../upstream/answer.ts';
import { originOf } from '../upstream/http1-upstream.ts';
import { gitFields, sendGit } from './git-target.ts';
import { type LfsBatch, readAnswer, readBatch } from './lfs-batch.ts';

const BATCH = /^(.*)\/info\/lfs\/objects\/batch$/i;
/** The media type of Git LFS. */
const TYPE = 'application/vnd.git-lfs+json';
/** A client asks for a hundred objects at once, unless it is told otherwise. */
const MOST_ASKED = 4 << 20;
const MOST_ANSWERED = 16 << 20;

/** The repository that a batch of Git LFS is about; undefined for any other request. */
export function lfsRepository({ request, requested }: Pick<Exchange, 'request' | 'requested'>): string | undefined {
  if (request.method !== 'POST') return undefined;
  const names = new Set(requested.readings.map((reading) => repositoryName(BATCH.exec(reading)?.[1] ?? '')));
  const [name] = names;
  return BATCH.test(requested.path) && names.size === 1 ? name : undefined;
}

/**
 * Asks for places where large files lie, or go. What the target answers leads through the gateway where it leads to the
 * target; where it leads elsewhere the client is given what it needs for that, and nobody sees what it moves.
 */
export async function serveLfs(exchange: Exchange, repository: string): Promise<void> {
  const { reply } = exchange;
  try {
    await serve(exchange, repository);
  } catch (cause) {
    if (reply.left) return;
    const error = asGatewayError(exchange.signal.aborted ? exchange.signal.reason : cause);
    exchange.host.log('warn', error.message, { session: exchange.gate.id, ...(error.cause !== undefined && { err: error.cause }) });
    refuse(exchange, statusOf(error), error.message);
  }
}

async function serve(exchange: Exchange, repository: string): Promise<void> {
  const { gate, visit } = exchange;
  const { batch, json } = await readAsked(exchange);
  const ruling = await ask(exchange, lfsWish(exchange, repository, batch, json), async () => ({}));
  if (ruling.action === 'deny') return refuse(exchange, 403, [ruling.message, ruling.notice ?? ''].join(' ').trim());
  try {
    const body = Buffer.from(JSON.stringify(json)); // what was judged is what is sent
    const answer = await sendGit(exchange, { body, length: body.length });
    const bytes =
      answer.status === 200 ? await giveActions(exchange, answer) : await giveAnswer(exchange, answer, undefined, () => undefined);
    visit.seen.targetBytes += bytes;
    gate.note(resultOf(ruling.command, answer.status, bytes, {}));
  } catch (error) {
    const { code, message } = asGatewayError(error);
    gate.note({ type: 'result', command: ruling.command, state: 'unknown', rows: 0, bytes: 0, error: { code, message } });
    throw error;
  }
}

async function readAsked(exchange: Exchange): Promise<{ readonly batch: LfsBatch; readonly json: unknown }> {
  const { gate, options, record, reply, request, visit } = exchange;
  if (listed(request.fields, 'content-encoding').some((coding) => coding !== 'identity'))
    throw new RequestError(415, 'ERR_PROTOCOL', 'A batch of Git LFS comes plain.');
  if (request.expectsContinue) reply.continue();
  const { head, rest } = await takeBody(bodyChunks(exchange), MOST_ASKED);
  if (rest !== undefined) throw new RequestError(413, 'ERR_LIMIT', `A batch of Git LFS holds ${MOST_ASKED >> 20} MiB at most.`);
  visit.seen.clientBytes += head.length;
  const recorded = record.body('client', options.record_body_kib * 1024);
  recorded.write(textOf(head, gate.textMask));
  recorded.end();
  const asked = readBatch(head.toString());
  if (asked === undefined) throw badRequest('This is no batch of Git LFS.');
  return asked;
}

function lfsWish(exchange: Exchange, repository: string, { bytes, objects, operation, ref }: LfsBatch, json: unknown): Wish {
  const wish = wishOf(exchange, gitFields(exchange));
  return {
    ...wish,
    class: [operation === 'download' ? 'read' : 'write'],
    verbs: [...wish.verbs, operation === 'download' ? 'LFS DOWNLOAD' : 'LFS UPLOAD'],
    objects: { ...wish.objects, repository: [repository], ...(ref !== undefined && { refs: [ref] }) },
    text: `${wish.text}: ${operation} ${objects} ${objects === 1 ? 'object' : 'objects'}, ${Number.isNaN(bytes) ? 'of unknown size' : `${bytes} bytes`}`,
    exact: ['lfs', exchange.target.name, exchange.target.host, repository, JSON.stringify(json)],
  };
}

/** @returns bytes that the client got. */
async function giveActions(exchange: Exchange, answer: Answer): Promise<number> {
  const { gate, record, reply, request, options, target } = exchange;
  const { head, rest } = await takeBody(answer.body, MOST_ANSWERED);
  const read = rest === undefined ? readAnswer(head.toString(), placeOf(exchange)) : undefined;
  if (read === undefined) throw new RequestError(502, 'ERR_PROTOCOL', `What the target ${target.name} answered is no batch of Git LFS.`);
  if (read.direct.length > 0) gate.note({ type: 'lfs-direct', hosts: read.direct });
  const body = Buffer.from(JSON.stringify(read.given));
  const fields: Fields = [
    ['content-type', field(answer.fields, 'content-type') ?? TYPE],
    ['content-length', String(body.length)],
  ];
  record.response(`HTTP/${request.version} 200`, fields);
  const recorded = record.body('target', options.record_body_kib * 1024);
  recorded.write(textOf(Buffer.from(JSON.stringify(read.recorded)), gate.textMask));
  recorded.end();
  reply.head(200, fields);
  reply.end(body);
  return body.length;
}

/** A client of the forward proxy comes back through it, whatever the address. */
function placeOf({ connection, request, target }: Exchange): Parameters<typeof readAnswer>[1] {
  const origin = originOf(target);
  const gateway = connection.through === undefined ? `${connection.secure ? 'https' : 'http'}://${request.authority}` : origin;
  const { password, token } = target.credentials;
  const secret = token ?? password;
  const shows = (text: string): boolean =>
    secret !== undefined && (text.includes(secret) || Buffer.from(text.replace(/^\S+ /, ''), 'base64').includes(secret));
  return { origin, gateway, secret: shows };
}

/** As its clients show it. */
function refuse({ gate, record, reply, request }: Exchange, status: number, message: string): void {
  if (reply.started) {
    reply.destroy();
    return;
  }
  const body = Buffer.from(`${JSON.stringify({ message: `sallyport: ${message}`, request_id: gate.id })}\n`);
  const fields: Fields = [
    ['content-type', TYPE],
    ['content-length', String(body.length)],
    ['cache-control', 'no-store'],
    [SESSION_HEADER, gate.id],
  ];
  record.answer(`HTTP/${request.version} ${status}`, fields, body);
  reply.head(status, fields);
  reply.end(body);
}
