import type { UpdateContents } from './file-list.ts';
import { type ExamineOptions, examinePush } from './push-contents.ts';
import { type PushRequest, PushRequestReader } from './push-request.ts';
import { Quarantine, type QuarantineOptions, type ReceivedPack } from './quarantine.ts';

export interface SpoolOptions extends ExamineOptions, Omit<QuarantineOptions, 'format'> {}

/** A push that has come and went no further: what it wants, what it brings, and its exact bytes. */
export interface SpooledPush {
  readonly request: PushRequest;
  /** Absent where there is none: a push that only deletes. */
  readonly pack?: ReceivedPack;
  /** In the order of the request's updates. */
  readonly contents: readonly UpdateContents[];
  /** What the target is to get, should it get it. */
  bytes(): AsyncIterable<Buffer>;
  /** Removes it from the disk. */
  close(): Promise<void>;
}

/**
 * Reads what comes before the pack.
 *
 * @returns the request and the stream that goes on behind it; undefined where the client left without one.
 * @throws ProtocolError for what is no push, or one that could be read in two ways.
 */
export async function readPushRequest(
  chunks: AsyncIterable<Buffer>,
): Promise<{ readonly request: PushRequest; readonly rest: AsyncIterable<Buffer> } | undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  const reader = new PushRequestReader();
  for (;;) {
    const next = await iterator.next();
    if (next.done) return undefined;
    const read = reader.push(next.value);
    if (read !== undefined) return { request: read.request, rest: following(read.rest, iterator) };
  }
}

/**
 * Takes a push in and looks at what it brings. Close what it returns.
 *
 * @param rest what follows the request. It is read as far as the pack goes.
 * @throws GatewayError above a limit, ProtocolError for a pack that is none: nothing is left behind then.
 */
export async function spoolPush(request: PushRequest, rest: AsyncIterable<Buffer>, options: SpoolOptions): Promise<SpooledPush> {
  if (!request.pack) {
    return {
      request,
      contents: await examinePush(undefined, request, undefined),
      bytes: () => bytesOf(request),
      close: async () => undefined,
    };
  }
  const quarantine = await Quarantine.open({ ...options, format: request.format });
  try {
    const pack = await quarantine.receive(rest);
    const contents = await examinePush(quarantine, request, pack, options);
    return { request, pack, contents, bytes: () => bytesOf(request, quarantine), close: () => quarantine.close() };
  } catch (error) {
    await quarantine.close();
    throw error;
  }
}

async function* bytesOf(request: PushRequest, quarantine?: Quarantine): AsyncGenerator<Buffer> {
  yield request.raw;
  if (quarantine !== undefined) yield* quarantine.pack();
}

async function* following(first: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
}
