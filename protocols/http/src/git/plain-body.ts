import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RequestError } from '../errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { bodyChunks } from '../exchange/request-body.ts';
import { listed } from '../message/fields.ts';

const MEBIBYTE = 1 << 20;

/**
 * The body of a request of git's as it is meant: git sends long questions compressed.
 *
 * @throws RequestError 415 for any other coding, 413 above the target's limit
 */
export function plainBody(exchange: Exchange): AsyncIterable<Buffer> {
  const { options, request, reply, visit } = exchange;
  if (request.expectsContinue) reply.continue();
  const codings = listed(request.fields, 'content-encoding').filter((coding) => coding !== 'identity');
  const [coding] = codings;
  const chunks = counted(bodyChunks(exchange), (bytes) => {
    visit.seen.clientBytes += bytes;
  });
  if (coding === undefined) return chunks;
  if (codings.length > 1 || (coding !== 'gzip' && coding !== 'x-gzip'))
    throw new RequestError(415, 'ERR_PROTOCOL', `git's requests come plain or in gzip, not in ${codings.join(', ')}.`);
  return unzipped(chunks, options.body_limit_mib * MEBIBYTE);
}

async function* unzipped(chunks: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  let bytes = 0;
  pipeline(Readable.from(chunks, { objectMode: false }), gunzip, () => undefined);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > most) throw new RequestError(413, 'ERR_LIMIT', "The request unfolds to more than the target's `body_limit_mib` allows.");
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof RequestError) throw cause;
    throw new RequestError(400, 'ERR_PROTOCOL', 'The request is said to be gzip and is not.', { cause });
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    count(chunk.length);
    yield chunk;
  }
}
