import type { ContentMasks, CountHit, FieldMasks, Side, TextMask, TextStream } from '@sallyport/core';
import { JsonMask } from '../body/json/json-mask.ts';
import type { Marks } from './dialect.ts';
import { type Json, type Place, textAt } from './json-value.ts';
import { type Edit, spliced } from './splice.ts';

/** The masks of a request or an answer, and who is told of hits. */
export interface LlmMasks {
  readonly masks: ContentMasks;
  /** Whose text it is. */
  readonly side: Side;
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
  if (isOpen(by.masks)) return { sent: json, recorded: json };
  const own = text === undefined ? [] : [...marks.repeated, ...nestedEdits(value, marks.nested, text, by)];
  const changed = spliced(json, [...edits, ...own]);
  // What was masked as JSON of its own is still masked by its place.
  const left = [...verbatim, ...marks.nested.filter((place) => ruleAt(place, fields) === undefined)];
  const sent = whole(jsonMask(by, by.count, [...left, ...marks.signed]), changed);
  const hits = marks.signed.filter((place) => isHit(value, place, by));
  if (hits.length === 0) return { sent, recorded: sent };
  const record = jsonMask(by, () => {}, left);
  return { sent, recorded: whole(record, changed) };
}

/** Nothing is masked. */
export function isOpen({ text, fields }: ContentMasks): boolean {
  return text === undefined && fields === undefined;
}

/** For JSON in a text: places are those of the document, so only forms are looked for. */
export function textsMask({ side }: LlmMasks, text: TextMask, count: CountHit): TextStream {
  return new JsonMask({ masks: { text, fields: undefined }, count, side });
}

/** @param left places of texts that nothing is looked for in. */
function jsonMask({ masks, side }: LlmMasks, count: CountHit, left: readonly Place[]): TextStream {
  const keys = new Set(left.map((place) => place.join('\0')));
  return new JsonMask({ masks, count, side, verbatim: { at: (way) => keys.has(way.join('\0')), count: () => {} } });
}

/** The rule that masks a value by its place. */
export function ruleAt(place: Place, fields: FieldMasks | undefined): string | undefined {
  let here = fields?.root;
  for (const step of place) {
    if (here?.mask !== undefined) break;
    here = typeof step === 'number' ? here?.element(step) : here?.member(step);
  }
  return here?.mask?.rule;
}

/** Texts that are JSON are masked as that, so that they stay it. */
function nestedEdits(value: Json, nested: readonly Place[], text: TextMask, by: LlmMasks): Edit[] {
  return nested.flatMap((place) => {
    const inner = textAt(value, ...place) ?? '';
    const shown = whole(textsMask(by, text, by.count), Buffer.from(inner)).toString();
    return shown === inner ? [] : [{ place, json: JSON.stringify(shown) }];
  });
}

/** A signed text would be masked, were it not signed. */
function isHit(value: Json, place: Place, { masks, countSigned }: LlmMasks): boolean {
  const rule = ruleAt(place, masks.fields);
  if (rule !== undefined) countSigned(rule);
  const bytes = Buffer.from(textAt(value, ...place) ?? '');
  return masks.text?.value(bytes, 0, bytes.length, countSigned) !== undefined || rule !== undefined;
}

/** A text in one piece through a mask. */
function whole(mask: TextStream, bytes: Buffer): Buffer {
  return Buffer.concat([mask.push(bytes), mask.flush()]);
}
