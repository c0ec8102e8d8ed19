import { type ContentMasks, type CountHit, ProtocolError, type Session, type Side, type TextStream } from '@sallyport/core';
import { bodyMask } from '../body/body-mask.ts';
import { contentDecoder, type Decode } from '../body/content-coding.ts';
import { eventsMask } from '../llm/any-events.ts';
import { type Fields, field } from '../message/fields.ts';

/** The most that a body unpacks to where it must be looked into; it is not kept, but passed on. */
const MOST_UNPACKED = 64 * 2 ** 30;

/** What a session's masks hide in bodies that its client gets. */
export function answerMasks({ textMask, fieldMasks }: Session): ContentMasks {
  return { text: textMask, fields: fieldMasks };
}

/** Nothing is hidden. */
export function isOpen({ text, fields }: ContentMasks): boolean {
  return text === undefined && fields === undefined;
}

/**
 * The mask for a body with these fields.
 *
 * @param opaque is told of bytes within it that nobody looks into.
 * @returns undefined: nothing is to be masked; 'opaque': such a body is looked into by nobody.
 * @throws ProtocolError for one that would have to be masked and cannot be
 */
export function contentMask(
  fields: Fields,
  masks: ContentMasks,
  count: CountHit,
  side: Side,
  opaque?: (bytes: number) => void,
): TextStream | 'opaque' | undefined {
  if (isOpen(masks)) return undefined;
  if (fields.filter(([name]) => name === 'content-type').length > 1)
    throw new ProtocolError(side, `The ${side} sent more than one Content-Type, and values in the body would have to be masked.`);
  return bodyMask(field(fields, 'content-type'), masks, count, { side, events: eventsMask, opaque });
}

/** What takes the codings off a body; undefined: it has none. @throws ProtocolError for a coding that is not known here */
export function decoderOf(fields: Fields, side: Side): Decode | undefined {
  const coding = fields.flatMap(([name, value]) => (name === 'content-encoding' ? [value] : [])).join(', ');
  if (coding === '') return undefined;
  const decode = contentDecoder(coding, { most: MOST_UNPACKED, side });
  if (decode !== undefined) return decode;
  throw new ProtocolError(
    side,
    `The body's coding ${JSON.stringify(coding.slice(0, 64))} is not known here, and values in it would have to be masked.`,
  );
}
