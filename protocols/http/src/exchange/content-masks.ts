import type { ContentMasks, CountHit, Session, Side, TextStream } from '@sallyport/core';
import { JsonMask } from '../body/json/json-mask.ts';
import { EventMask, EventStreamMask } from '../sse/event-stream-mask.ts';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json$|^application\/(?:x-)?ndjson$/;
const TEXT_TYPE = /^text\/|^application\/(?:(?:[\w.+-]+\+)?xml|javascript|x-www-form-urlencoded|graphql)$|^$/;

/** What a session's masks hide in bodies that its client gets. */
export function answerMasks({ textMask, fieldMasks }: Session): ContentMasks {
  return { text: textMask, fields: fieldMasks };
}

/** Nothing is hidden. */
export function isOpen({ text, fields }: ContentMasks): boolean {
  return text === undefined && fields === undefined;
}

/** The mask for a body of this media type; undefined: it is none that is looked into, or nothing is masked. */
export function contentMask(contentType: string, masks: ContentMasks, count: CountHit, side: Side): TextStream | undefined {
  if (isOpen(masks)) return undefined;
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (JSON_TYPE.test(type)) return new JsonMask({ masks, count, side });
  if (type === 'text/event-stream') return new EventStreamMask(new EventMask(masks, count));
  return TEXT_TYPE.test(type) ? masks.text?.stream(count) : undefined;
}
