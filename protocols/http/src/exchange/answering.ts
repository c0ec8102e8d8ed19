import type { CountHit } from '@sallyport/core';
import { type BodyDigest, digestHere } from '../digest/body-digest.ts';
import { RequestError } from '../errors.ts';
import type { LlmExchange } from '../llm/begin-llm.ts';
import { endToEnd, type Fields, field } from '../message/fields.ts';
import { type Chunks, unlessSilent } from '../message/silence.ts';
import type { BodyRecord } from '../recorded/exchange-record.ts';
import type { Answer } from '../upstream/answer.ts';
import { originOf } from '../upstream/http1-upstream.ts';
import { type AnswerMask, answerMask, type BodyChange, inTurn } from './answer-mask.ts';
import { answerMasks, isOpen } from './content-masks.ts';
import { CredentialEcho } from './credential-echo.ts';
import type { Exchange } from './exchange.ts';

/** Says of a body what is true no more once it was changed: its length and coding, its digests, parts of it. */
const OF_THE_ORIGINAL: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-md5',
  'content-digest',
  'repr-digest',
  'digest',
  'etag',
  'accept-ranges',
  'last-modified',
]);
/** Media types that repeat nothing of a request. */
const OPAQUE = /^(?:image|audio|video|font)\/|^application\/(?:octet-stream|zip|gzip|pdf|wasm|x-git-)/i;
const LEADS: ReadonlySet<string> = new Set(['location', 'content-location']);
/** Statuses whose answers have no body: RFC 9110 section 6.4.1. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Gives the target's answer to the client: masked, recorded, as fast as the client reads it.
 *
 * @param llm reads the answer of a language model.
 * @param count is told of what was masked.
 * @returns bytes of the body as the client saw it.
 * @throws GatewayError where the target or the record breaks off; the reason of the exchange's end
 */
export async function giveAnswer(exchange: Exchange, answer: Answer, llm: LlmExchange | undefined, count: CountHit): Promise<number> {
  const { reply, record, request, options, visit } = exchange;
  const most = options.record_body_kib * 1024;
  const body = record.body('target', most, undefined, () => digestOf(exchange, answer, llm, most));
  const empty = answer.headOnly || request.method === 'HEAD' || BODILESS.has(answer.status);
  const mask = empty ? undefined : answerMask(exchange, answer, llm, count, (bytes) => body.write(bytes));
  const changed = empty ? !isOpen(answerMasks(exchange.gate)) : typeof mask === 'object' && mask.changes;
  const fields = clientFields(exchange, answer, changed, count);
  record.response(`HTTP/${request.version} ${answer.status}`, fields, !empty);
  if (empty) {
    await readEmpty(answer);
    reply.head(answer.status, fields, true);
    return 0;
  }
  reply.head(answer.status, fields);
  // The first byte may take its time; mostly it is here already, and leaves with the head in one write.
  setImmediate(() => {
    record.flush();
    reply.flush();
  });
  const bytes = await giveBody(exchange, answer, mask, body);
  if (mask === 'opaque') visit.passedUnseen(bytes);
  const trailers = shownFields(exchange, endToEnd(answer.trailers()), count);
  record.trailers('target', trailers);
  reply.end(undefined, trailers);
  return bytes;
}

/** What the client gets to see of a body: it goes to the client and into the record. */
async function giveBody(exchange: Exchange, answer: Answer, mask: AnswerMask | 'opaque' | undefined, body: BodyRecord): Promise<number> {
  const masked = typeof mask === 'object' ? mask : undefined;
  const sent = watched(answer.body, exchange, answer);
  const echo = OPAQUE.test(field(answer.fields, 'content-type') ?? '') ? undefined : CredentialEcho.of(exchange.target);
  try {
    const told = masked?.records === true ? undefined : body;
    const bytes = await pour(exchange, masked?.decode?.(sent) ?? sent, told, inTurn(echo, masked?.stream));
    const finished = body.finish();
    if (finished !== undefined) await finished;
    body.end();
    return bytes;
  } finally {
    body.drop();
    exchange.record.flush();
  }
}

/** A mask that tells the record itself waits for nobody, so that nothing may be computed elsewhere. */
function digestOf({ digests }: Exchange, { fields }: Answer, llm: LlmExchange | undefined, recorded: number): BodyDigest {
  const length = field(fields, 'content-length');
  return llm === undefined ? digests.begin(length === undefined ? undefined : Number(length) - recorded) : digestHere();
}

/**
 * The client's pace is the target's: nothing is read before what came earlier has room.
 *
 * @param record undefined: it is told elsewhere.
 * @returns bytes that the client got.
 */
export async function pour(
  { reply, gate }: Exchange,
  chunks: AsyncIterable<Buffer>,
  record: BodyRecord | undefined,
  change?: BodyChange,
): Promise<number> {
  let bytes = 0;
  const give = (chunk: Buffer): Promise<void> | undefined => {
    if (chunk.length === 0) return undefined;
    bytes += chunk.length;
    record?.write(chunk);
    const ready = gate.ready() ?? record?.room();
    if (ready !== undefined) return ready.then(() => (reply.write(chunk) ? undefined : reply.drained()));
    return reply.write(chunk) ? undefined : reply.drained();
  };
  for await (const chunk of chunks) {
    const room = give(change?.push(chunk) ?? chunk);
    if (room !== undefined) await room;
  }
  if (change !== undefined) await give(change.flush());
  return bytes;
}

/** Streams of events may be silent; everything else ends when nothing comes for too long. */
export function watched(chunks: AsyncIterable<Buffer>, { options, target }: Exchange, answer: Answer): AsyncIterable<Buffer> {
  if (isEventStream(answer.fields)) return chunks;
  const { timeout_seconds } = options;
  const silent = (): Error =>
    new RequestError(504, 'ERR_TARGET_CLOSED', `The target ${target.name} fell silent for ${timeout_seconds} seconds within its answer.`);
  return unlessSilent(chunks[Symbol.asyncIterator]() as Chunks, timeout_seconds * 1_000, silent);
}

async function readEmpty({ body }: Answer): Promise<void> {
  for await (const _ of body) break;
}

function isEventStream(fields: Fields): boolean {
  return field(fields, 'content-type')?.toLowerCase().startsWith('text/event-stream') === true;
}

function clientFields(exchange: Exchange, answer: Answer, changed: boolean, count: CountHit): Fields {
  const passed = endToEnd(answer.fields);
  const kept = changed ? passed.filter(([name]) => !OF_THE_ORIGINAL.has(name)) : passed;
  // Whoever follows where an answer leads must come back through the gateway.
  const led = kept.map((line) => (LEADS.has(line[0]) ? ([line[0], withoutOrigin(line[1], originOf(exchange.target))] as const) : line));
  return shownFields(exchange, led, count);
}

/** Fields of the target as the client may see them: without the gateway's credential, and masked. */
export function shownFields({ target, gate }: Pick<Exchange, 'target' | 'gate'>, fields: Fields, count: CountHit): Fields {
  const echo = CredentialEcho.of(target);
  const { textMask } = gate;
  if (echo === undefined && textMask === undefined) return fields;
  return fields.map((line) => {
    const [name, said] = line;
    const value = echo?.value(said) ?? said;
    if (textMask === undefined || name === 'content-type') return value === said ? line : ([name, value] as const);
    const bytes = Buffer.from(value, 'latin1');
    const masked = textMask.value(bytes, 0, bytes.length, count)?.toString('latin1');
    return [name, masked?.replace(/[\r\n\0]/g, ' ') ?? value] as const;
  });
}

function withoutOrigin(url: string, origin: string): string {
  const usual = origin.replace(/:(?:443|80)$/, '');
  for (const own of [origin, usual]) {
    if (url === own) return '/';
    if (url.startsWith(`${own}/`)) return url.slice(own.length);
  }
  return url;
}
