import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { ExchangeItem } from '@sallyport/core';

/** Content codings one over another that are undone. */
const MOST_CODINGS = 3;
/** What is left of a character of UTF-8 whose last bytes are missing. */
const TORN_CHARACTER = 3;

/** A body of HTTP out of a recording, kept up to a bound. */
export class RecordedBody {
  readonly #most: number;
  readonly #parts: Buffer[] = [];
  readonly #hash = createHash('sha256');
  #kept = 0;
  #seen = 0;
  #cut: { readonly bytes: number; readonly sha256: string } | undefined;

  /** @param most bytes that are kept in memory. */
  constructor(most: number) {
    this.#most = most;
  }

  push(item: Extract<ExchangeItem, { readonly type: 'body' | 'cut' }>): void {
    if (item.type === 'cut') {
      this.#cut = item;
      return;
    }
    const { data } = item;
    const fits = data.subarray(0, this.#most - this.#kept);
    this.#seen += data.length;
    this.#hash.update(data);
    this.#kept += fits.length;
    if (fits.length > 0) this.#parts.push(fits);
  }

  /** Bytes that passed. */
  get bytes(): number {
    return this.#cut?.bytes ?? this.#seen;
  }

  /** Bytes that stand in the recording. */
  get recorded(): number {
    return this.#seen;
  }

  /** SHA-256 (hex) of all that stands in the recording. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** SHA-256 (hex) of what passed and does not stand in the recording, where there is such. */
  get restSha256(): string | undefined {
    return this.#cut?.sha256;
  }

  /** What is kept here is all that passed. */
  get whole(): boolean {
    return this.bytes === this.#kept;
  }

  /** What is kept, byte by byte. */
  get raw(): Buffer {
    return Buffer.concat(this.#parts, this.#kept);
  }

  /**
   * What is kept, without its content codings.
   *
   * @param coding the field `content-encoding`.
   * @returns undefined for a coding that is not known, for what is damaged, and for what unfolds to more than ten times the bound.
   */
  content(coding: string | undefined): Buffer | undefined {
    const codings = (coding ?? '')
      .split(',')
      .map((each) => each.trim().toLowerCase())
      .filter((each) => each !== '' && each !== 'identity');
    if (codings.length > MOST_CODINGS) return undefined;
    try {
      return codings.reduceRight((data, each) => decoded(data, each, 10 * this.#most), this.raw);
    } catch {
      return undefined;
    }
  }
}

/** A body as text, where it is text. @param torn its end may be missing, in the middle of a character. */
export function textOf(content: Buffer, contentType: string | undefined, torn: boolean): string | undefined {
  if (/charset="?(?:iso-8859-1|latin1|windows-1252)/i.test(contentType ?? '')) return content.toString('latin1');
  if (content.includes(0)) return undefined;
  for (let missing = 0; missing <= (torn ? Math.min(TORN_CHARACTER, content.length) : 0); missing += 1) {
    const text = content.subarray(0, content.length - missing);
    if (isUtf8(text)) return text.toString();
  }
  return undefined;
}

/** @throws Error for what is damaged, or longer than `most` */
function decoded(data: Buffer, coding: string, most: number): Buffer {
  // A body that was cut off is decoded as far as it goes.
  const flate = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: most };
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(data, flate);
    case 'deflate':
      return (data[0] ?? 0) % 16 === 8 ? inflateSync(data, flate) : inflateRawSync(data, flate);
    case 'br':
      return brotliDecompressSync(data, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: most });
    case 'zstd':
      return zstdDecompressSync(data, { finishFlush: constants.ZSTD_e_flush, maxOutputLength: most });
    default:
      throw new Error(`'${coding}' is not known`);
  }
}
