import { type RecordedBody, textOf } from '@sallyport/recording';
import colours from 'picocolors';
import { indentedJson } from './indented-json.ts';
import { visibleLines } from './visible.ts';

/** What is shown of a body, in characters. */
const SHOWN = 16_384;
/** JSON up to here is given a line for each member. */
const INDENTED = 16_384;

type Fields = readonly (readonly [name: string, value: string])[];

/** The first value of a field. @param name in lower case */
function fieldIn(fields: Fields, name: string): string | undefined {
  return fields.find(([each]) => each === name)?.[1];
}

/** Lines that show a body: text as text, up to a bound, anything else as its size and digest. None for an empty one. */
export function bodyLines(body: RecordedBody, fields: Fields): readonly string[] {
  if (body.bytes === 0) return [];
  const type = fieldIn(fields, 'content-type');
  const content = body.content(fieldIn(fields, 'content-encoding'));
  const text = content && textOf(content, type, !body.whole);
  if (text === undefined) return [colours.dim(`${body.bytes} bytes${kind(type, fields)}${digest(body)}`)];
  const pretty = text.length <= INDENTED && body.whole ? indentedJson(text) : undefined;
  const shown = (pretty ?? text).slice(0, pretty === undefined ? SHOWN : undefined);
  const lines = visibleLines(shown.replaceAll('\r\n', '\n')).replace(/\n+$/, '').split('\n');
  return [...lines, ...omitted(body, text.length - SHOWN).map((line) => colours.dim(line))];
}

/** What of a body is not shown. */
function omitted(body: RecordedBody, more: number): string[] {
  const unrecorded = body.bytes - body.recorded;
  return [
    ...(more > 0 || body.recorded > body.raw.length
      ? [`… ${body.recorded} bytes are recorded: \`sallyport sessions export --format har\` has them`]
      : []),
    ...(unrecorded > 0 ? [`… ${unrecorded} more bytes passed and are not recorded${rest(body)}`] : []),
  ];
}

function digest(body: RecordedBody): string {
  const unrecorded = body.bytes - body.recorded;
  const recorded = `SHA-256 ${body.sha256}`;
  return unrecorded === 0 ? `, ${recorded}` : `; the first ${body.recorded} are recorded, ${recorded}; the others are not${rest(body)}`;
}

function rest({ restSha256 }: RecordedBody): string {
  return restSha256 === undefined ? '' : `, SHA-256 ${restSha256}`;
}

function kind(type: string | undefined, fields: Fields): string {
  const coding = fieldIn(fields, 'content-encoding');
  const words = [...(type === undefined ? [] : [type]), ...(coding === undefined ? [] : [`as ${coding}`])];
  return words.length === 0 ? '' : ` of ${visibleLines(words.join(' '))}`;
}
