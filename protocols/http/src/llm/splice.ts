import type { Place } from './json-value.ts';

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** A value of a JSON text, and what shall stand in its place. */
export interface Edit {
  readonly place: Place;
  /** JSON text. */
  readonly json: string;
}

/** What is to change, as a tree of names and numbers. */
class Branch {
  readonly steps = new Map<string, Branch>();
  json: string | undefined;
  /** Where the value was last seen. */
  seen: Found | undefined;
}

interface Found {
  readonly start: number;
  readonly end: number;
  json: string;
}

/**
 * A JSON text with other values in some places; every other byte stays. Where a name is there more than once, the last one
 * counts, as for `JSON.parse`; the others become empty texts, for readers to whom the first one counts.
 *
 * @param json text that `JSON.parse` takes.
 * @param edits none within another.
 */
export function spliced(json: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return json;
  const root = new Branch();
  for (const { place, json: value } of edits) {
    let branch = root;
    for (const step of place) {
      const next = branch.steps.get(String(step)) ?? new Branch();
      branch.steps.set(String(step), next);
      branch = next;
    }
    branch.json = value;
  }
  const found: Found[] = [];
  locate(json, skipSpace(json, 0), root, found);
  let from = 0;
  const parts = found.flatMap(({ start, end, json: value }) => {
    const before = json.subarray(from, start);
    from = end;
    return [before, Buffer.from(value)];
  });
  return Buffer.concat([...parts, json.subarray(from)]);
}

/** Goes down no deeper than the places do. @returns behind the value. */
function locate(json: Buffer, start: number, branch: Branch, found: Found[]): number {
  const isObject = json[start] === OPEN_BRACE;
  if (branch.json !== undefined || branch.steps.size === 0 || (!isObject && json[start] !== OPEN_BRACKET)) {
    const end = skipValue(json, start);
    if (branch.json === undefined) return end;
    if (branch.seen !== undefined) branch.seen.json = '""';
    branch.seen = { start, end, json: branch.json };
    found.push(branch.seen);
    return end;
  }
  let position = skipSpace(json, start + 1);
  for (let index = 0; position < json.length && json[position] !== CLOSE_BRACE && json[position] !== CLOSE_BRACKET; index += 1) {
    let name = String(index);
    if (isObject) {
      const end = skipString(json, position);
      name = JSON.parse(json.toString('utf8', position, end));
      position = skipSpace(json, skipSpace(json, end) + 1);
    }
    const next = branch.steps.get(name);
    position = skipSpace(json, next === undefined ? skipValue(json, position) : locate(json, position, next, found));
    if (json[position] === COMMA) position = skipSpace(json, position + 1);
  }
  return position + 1;
}

function skipSpace(json: Buffer, start: number): number {
  let position = start;
  while (json[position] === 0x20 || json[position] === 0x0a || json[position] === 0x0d || json[position] === 0x09) position += 1;
  return position;
}

/** @param start its first quote. */
function skipString(json: Buffer, start: number): number {
  let position = start + 1;
  while (position < json.length && json[position] !== QUOTE) position += json[position] === BACKSLASH ? 2 : 1;
  return position + 1;
}

function skipValue(json: Buffer, start: number): number {
  let depth = 0;
  let position = start;
  do {
    const byte = json[position];
    if (byte === QUOTE) position = skipString(json, position);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      position += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      position += 1;
    } else if (byte === COMMA || byte === COLON || depth > 0) position += 1;
    else position = endOfScalar(json, position);
  } while (depth > 0 && position < json.length);
  return position;
}

/** A number, true, false or null. */
function endOfScalar(json: Buffer, start: number): number {
  let position = start;
  while (position < json.length && !',]} \n\r\t'.includes(String.fromCharCode(json[position] as number))) position += 1;
  return position;
}
