import type { ContentMasks, CountHit, TextMask, TextStream } from '@sallyport/core';
import type { Marks } from './dialect.ts';
import { type Json, type Place, textAt } from './json-value.ts';
import { type Edit, spliced } from './splice.ts';

/** Makes a mask for one JSON text. @param verbatim places of texts in which nothing is looked for. */
export type MakeJsonMask = (masks: ContentMasks, count: CountHit, verbatim?: readonly Place[]) => TextStream;

/** The masks of a request or an answer, and who is told of hits. */
export interface LlmMasks {
  readonly masks: ContentMasks;
  readonly makeJsonMask: MakeJsonMask;
  readonly count: CountHit;
  /** A hit that was left where it stands, since who signed that text would not take it back otherwise. */
  readonly countSigned: CountHit;
}

/** What of a document leaves: to its receiver, and to the record, where what is signed is masked as well. */
export interface Shown {
  readonly sent: Buffer;
  readonly recorded: Buffer;
}

/**
 * Masks a JSON document or the data of an event.
 *
 * @param value what `json` says.
 * @param verbatim texts that were masked already.
 * @param edits what changes besides.
 */
export function maskedDocument(
  json: Buffer,
  value: Json,
  by: LlmMasks,
  marks: Marks,
  verbatim: readonly Place[] = [],
  edits: readonly Edit[] = [],
): Shown {
  const { text, fields } = by.masks;
  if (text === undefined && fields === undefined) return { sent: json, recorded: json };
  const own = text === undefined ? [] : [...marks.repeated, ...nestedEdits(value, marks.nested, text, by)];
  const changed = spliced(json, [...edits, ...own]);
  const left = [...verbatim, ...marks.nested];
  const sent = whole(by.makeJsonMask(by.masks, by.count, [...left, ...marks.signed]), changed);
  if (text === undefined || !hasSignedHits(value, marks.signed, text, by.countSigned)) return { sent, recorded: sent };
  return {
    sent,
    recorded: whole(
      by.makeJsonMask(by.masks, () => {}, left),
      changed,
    ),
  };
}

/** Texts that are JSON are masked as that, so that they stay it. */
function nestedEdits(value: Json, nested: readonly Place[], text: TextMask, by: LlmMasks): Edit[] {
  return nested.flatMap((place) => {
    const inner = textAt(value, ...place) ?? '';
    const shown = whole(by.makeJsonMask({ text, fields: undefined }, by.count), Buffer.from(inner)).toString();
    return shown === inner ? [] : [{ place, json: JSON.stringify(shown) }];
  });
}

function hasSignedHits(value: Json, signed: readonly Place[], text: TextMask, count: CountHit): boolean {
  return (
    signed.filter((place) => {
      const bytes = Buffer.from(textAt(value, ...place) ?? '');
      return text.value(bytes, 0, bytes.length, count) !== undefined;
    }).length > 0
  );
}

/** A text in one piece through a mask. */
function whole(mask: TextStream, bytes: Buffer): Buffer {
  return Buffer.concat([mask.push(bytes), mask.flush()]);
}
