import { type ContentMasks, type CountHit, ProtocolError, type Side, type TextStream } from '@sallyport/core';
import { FormMask } from './form-mask.ts';
import { JsonMask, type JsonMaskOptions } from './json/json-mask.ts';
import { type MediaType, mediaTypeOf } from './media-type.ts';
import { MultipartMask } from './multipart-mask.ts';
import type { PartHead } from './part-head.ts';
import { notSearchable, PlainTextMask } from './plain-text-mask.ts';

/** What a {@link bodyMask} needs to know besides the masks. */
export interface BodyMaskOptions {
  /** Whose body it is: who is blamed for one that cannot be masked. */
  readonly side: Side;
  /** The mask of `text/event-stream`; without it that is a text. */
  readonly events?: (masks: ContentMasks, count: CountHit) => TextStream;
  /** Told how many bytes of a part of a multipart body pass as they are, since they are no text. */
  readonly opaque?: ((bytes: number) => void) | undefined;
  /** Strings in JSON that nobody may change. */
  readonly verbatim?: JsonMaskOptions['verbatim'];
}

const JSON_TYPE =
  /^(?:application\/(?:x-)?(?:json|ndjson|jsonl|jsonlines|json-seq)|text\/(?:x-)?json|[\w.-]+\/[\w!#$&^.-]+\+(?:json|json-seq))$/;
const TEXT_TYPE =
  /^(?:text\/.*|message\/.*|[\w.-]+\/[\w!#$&^.-]+\+(?:xml|yaml|text)|application\/(?:(?:x-)?(?:xml|xml-dtd|javascript|ecmascript|typescript|yaml|toml|sh|csh|sql|tex|latex|subrip|httpd-php|perl|python|ruby)|json5|graphql|sdp|jwt|jose|http|sql|x-pem-file|pem-certificate-chain|pgp-keys|pgp-signature|rtf|x-mpegurl|vnd\.apple\.mpegurl|vnd\.github(?:\.[\w-]+)*\.(?:raw|diff|patch|html|text|sha)))$/;
/** Where a byte below 0x80 is the ASCII character, wherever it matters. */
const SEARCHABLE_CHARSET =
  /^(?:utf-?8|unicode-1-1-utf-8|(?:us-)?ascii|ansi_x3\.4-1968|iso-?8859-?\d{1,2}(?:-[ei])?|latin-?\d|l\d|(?:windows|cp)-?\d{3,4}|x-cp\d{4}|ibm\d{3}|koi8-[ru]|macintosh|x-mac-[\w-]+|tis-620|gb2312|gbk|gb18030|x-gbk|big5(?:-hkscs)?|euc-(?:jp|kr)|ks_c_5601-1987|shift[_-]jis|sjis|x-sjis|ms932|binary)$/;
const MOST_NESTED = 4;

/**
 * The mask for a body of this type, once its content codings are off.
 *
 * @param contentType undefined: the head names none, so it is taken for a text.
 * @returns undefined: nothing can be masked in it; 'opaque': nobody looks into such a body, which is to be counted.
 * @throws ProtocolError for what would have to be masked and cannot be: a text in UTF-16, a multipart body without a boundary.
 */
export function bodyMask(
  contentType: string | undefined,
  masks: ContentMasks,
  count: CountHit,
  options: BodyMaskOptions,
  nested = 0,
): TextStream | 'opaque' | undefined {
  const { text, fields } = masks;
  const { side } = options;
  if (text === undefined && fields === undefined) return undefined;
  const type = mediaTypeOf(contentType ?? '');
  const { essence, parameters } = type;
  const kind = kindOf(type);
  if (kind === 'opaque') return 'opaque';
  const charset = parameters.get('charset')?.trim().toLowerCase() ?? '';
  if (charset !== '' && kind !== 'multipart' && !SEARCHABLE_CHARSET.test(charset)) throw notSearchable(side, charset);
  switch (kind) {
    case 'json':
      return new JsonMask({ masks, count, side, ...(options.verbatim && { verbatim: options.verbatim }) });
    case 'form':
      return new FormMask(masks, count);
    case 'multipart':
      if (nested === MOST_NESTED)
        throw new ProtocolError(side, `The body is multipart and more than ${MOST_NESTED} deep: it cannot be masked.`);
      return new MultipartMask(type, {
        masks,
        count,
        side,
        maskPart: (head, within) => partMask(head, within, count, options, nested + 1),
      });
    case 'text':
      if (essence === 'text/event-stream' && options.events !== undefined) return options.events(masks, count);
      return text && new PlainTextMask(text.stream(count), side);
  }
}

function kindOf({ essence, parameters }: MediaType): 'json' | 'form' | 'multipart' | 'text' | 'opaque' {
  if (JSON_TYPE.test(essence)) return 'json';
  if (essence === 'application/x-www-form-urlencoded') return 'form';
  if (essence.startsWith('multipart/')) return 'multipart';
  // Who names a character set means a text, but for those who say that it has none.
  const charset = parameters.get('charset')?.toLowerCase();
  return essence === '' || TEXT_TYPE.test(essence) || (charset !== undefined && charset !== 'binary') ? 'text' : 'opaque';
}

function partMask(
  { contentType, encoded }: PartHead,
  masks: ContentMasks,
  count: CountHit,
  options: BodyMaskOptions,
  nested: number,
): TextStream | undefined {
  const mask = encoded ? 'opaque' : bodyMask(contentType, masks, count, options, nested);
  return mask === 'opaque' ? counted(options.opaque) : mask;
}

/** Changes nothing. */
function counted(count: BodyMaskOptions['opaque']): TextStream | undefined {
  if (count === undefined) return undefined;
  return {
    push(bytes) {
      count(bytes.length);
      return bytes;
    },
    flush: () => Buffer.alloc(0),
  };
}
