import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RequestError } from '../errors.ts';
import type { ClientRequest } from '../message/client-request.ts';
import { type Chunks, unlessSilent } from '../message/silence.ts';
import type { Exchange } from './exchange.ts';

const MEBIBYTE = 1 << 20;
/** How long a client may be silent within a body. */
const IDLE_MS = 60_000;

/**
 * The chunks of a request's body. Breaking off leaves the connection whole: the answer still goes over it.
 *
 * @throws RequestError 413 above the target's limit, 408 for a client that stays silent
 */
export async function* bodyChunks({ request, options }: Pick<Exchange, 'request' | 'options'>): AsyncGenerator<Buffer> {
  const most = options.body_limit_mib * MEBIBYTE;
  if ((request.length ?? 0) > most) throw tooLarge(options.body_limit_mib);
  let bytes = 0;
  const chunks = request.body.iterator({ destroyOnReturn: false }) as Chunks;
  for await (const chunk of unlessSilent(chunks, IDLE_MS, silent)) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(options.body_limit_mib);
    yield chunk;
  }
}

/** The whole body where it is no longer than `most`; else what there is of it, and the rest. */
export interface Taken {
  readonly head: Buffer;
  /** undefined: the head is the whole. */
  readonly rest: AsyncIterable<Buffer> | undefined;
}

/** Takes in the beginning of a body. */
export async function takeBody(chunks: AsyncIterable<Buffer>, most: number): Promise<Taken> {
  const iterator = chunks[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let bytes = 0;
  while (bytes <= most) {
    const next = await iterator.next();
    if (next.done === true) return { head: Buffer.concat(parts, bytes), rest: undefined };
    parts.push(next.value);
    bytes += next.value.length;
  }
  return { head: Buffer.concat(parts, bytes), rest: { [Symbol.asyncIterator]: () => iterator } };
}

/** Beginning and rest again. */
export async function* wholeOf({ head, rest }: Taken): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  if (rest !== undefined) yield* rest;
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Reads what is left of a body and drops it, up to a bound in bytes and time.
 *
 * @returns false: there may be more, and the connection is good for nothing else.
 */
export async function drain(request: ClientRequest, most = MEBIBYTE, ms = 5_000): Promise<boolean> {
  const { body, length, expectsContinue } = request;
  if (length === 0 || body.readableEnded) return true;
  if ((length ?? 0) > most) return false;
  if (expectsContinue) return false; // who was not told to go on may send it or not
  let bytes = 0;
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const late = delay(ms, 'late' as const, { ref: false });
  while (bytes <= most) {
    const next = await Promise.race([chunks.next(), late]).catch(() => 'late' as const);
    if (next === 'late') return false;
    if (next.done === true) return true;
    bytes += next.value.length;
  }
  return false;
}

function silent(): RequestError {
  return new RequestError(408, 'ERR_PROTOCOL', `Nothing came of the request's body for ${IDLE_MS / 1000} seconds.`);
}

function tooLarge(mebibytes: number): RequestError {
  return new RequestError(
    413,
    'ERR_LIMIT',
    `The request's body is larger than the ${mebibytes} MiB that the target's \`body_limit_mib\` allows.`,
  );
}
