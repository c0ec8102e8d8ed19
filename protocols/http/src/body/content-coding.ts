import { pipeline, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { GatewayError, ProtocolError, type Side } from '@sallyport/core';

/** Takes a coding off a body, piece by piece, at the pace of whoever reads. */
export type Decode = (body: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

/** What a body may unpack to. */
export interface DecodeLimits {
  /** The largest body, in bytes. */
  readonly most: number;
  /** Whose body it is: who is blamed for one that is broken. */
  readonly side: Side;
}

/** What zlib has, and counts. */
type Engine = Transform & { readonly bytesWritten: number };
/** @param first the body's first bytes, two of them if it has so many. */
type MakeEngine = (first: Buffer) => Engine;

/** Codings one on top of the other. */
const MOST_CODINGS = 3;
/** A body that unpacks to more than so many times its size is a bomb, but for small ones. */
const MOST_RATIO = 1000;
const RATIO_FROM = 1 << 20;
/** The largest window that a body may want: {@link https://www.rfc-editor.org/rfc/rfc9659 RFC 9659}. */
const ZSTD_WINDOW_LOG = 23;

const gunzip: MakeEngine = () => createGunzip();
/** Codings of {@link https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 RFC 9110} and their like that can be taken off. */
const ENGINES: Readonly<Record<string, MakeEngine>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  // Some senders leave out the wrapping of RFC 1950.
  deflate: (first) => (isWrapped(first) ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
};
const IDENTITY = 'identity';
const WEIGHTED = /^([\w-]+|\*)\s*(?:;\s*q\s*=\s*(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i;

/**
 * What takes the codings of a `Content-Encoding` off a body.
 *
 * It throws GatewayError ERR_LIMIT where a body unpacks to too much, and ProtocolError where it is not what it says.
 *
 * @returns undefined: a coding is unknown, or there are more than three; nobody can see what is in it.
 */
export function contentDecoder(contentEncoding: string, limits: DecodeLimits): Decode | undefined {
  const names = contentEncoding
    .toLowerCase()
    .split(',')
    .flatMap((name) => [name.trim()].filter((one) => one !== '' && one !== IDENTITY));
  const codings = names.flatMap((name) => (Object.hasOwn(ENGINES, name) ? [{ name, make: ENGINES[name] as MakeEngine }] : []));
  if (codings.length < names.length || codings.length > MOST_CODINGS) return undefined;
  return (body) => codings.reduceRight((inner, { name, make }) => unpacked(inner, name, make, limits), body);
}

/**
 * What may be asked of a target whose bodies are to be read: of an `Accept-Encoding` the codings that can be taken off, with their
 * weights, and `identity` when none is left.
 *
 * @param acceptEncoding undefined: the client sent none, and takes anything.
 */
export function narrowed(acceptEncoding: string | undefined): string {
  const said = (acceptEncoding ?? '').split(',').map((one) => one.trim());
  const kept = said.filter((one) => {
    const name = WEIGHTED.exec(one)?.[1]?.toLowerCase();
    return name !== undefined && (name === IDENTITY || Object.hasOwn(ENGINES, name));
  });
  return kept.length === 0 || kept.every((one) => /^identity\b/i.test(one)) ? IDENTITY : kept.join(', ');
}

async function* unpacked(
  body: AsyncIterable<Buffer>,
  name: string,
  make: MakeEngine,
  { most, side }: DecodeLimits,
): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]();
  const first = await beginning(chunks);
  // Nothing at all: there is none, whatever the head says of it.
  if (first.length === 0) return;
  const engine = make(first);
  const failed: { source?: unknown } = {};
  let bytes = 0;
  try {
    for await (const chunk of pipeline(rest(first, chunks, failed), engine, () => {}) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > most)
        throw new GatewayError('ERR_LIMIT', `The body unpacks to more than ${most} bytes, which is the most that is read of it.`);
      if (bytes > RATIO_FROM && bytes > MOST_RATIO * engine.bytesWritten)
        throw new GatewayError('ERR_LIMIT', `The body unpacks to more than ${MOST_RATIO} times its size: it is not read any further.`);
      yield chunk;
    }
  } catch (cause) {
    if (failed.source !== undefined) throw failed.source;
    if (cause instanceof GatewayError) throw cause;
    throw new ProtocolError(side, `The body says that it is ${name} and cannot be unpacked: it is broken or cut off.`, { cause });
  }
}

/** Two bytes at least, where there are so many. */
async function beginning(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < 2) {
    const next = await chunks.next();
    if (next.done === true) return bytes;
    bytes = bytes.length === 0 ? next.value : Buffer.concat([bytes, next.value]);
  }
  return bytes;
}

/** @param failed told why the body itself broke off, which is not the engine's doing. */
async function* rest(first: Buffer, chunks: AsyncIterator<Buffer>, failed: { source?: unknown }): AsyncGenerator<Buffer> {
  try {
    yield first;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  } catch (cause) {
    failed.source = cause;
    throw cause;
  } finally {
    await chunks.return?.();
  }
}

/** {@link https://www.rfc-editor.org/rfc/rfc1950#section-2.2 RFC 1950}: method 8, and a multiple of 31. */
function isWrapped(first: Buffer): boolean {
  const [method = 0, flags = 0] = first;
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
}
