import type { CountHit, TextMask } from '@sallyport/core';
import { editArrayText, editBinaryArray, editBinaryRecord } from './array-value.ts';
import { type CellKind, cellKind } from './cell-kind.ts';
import { editJson } from './json-text.ts';

/** What a search for sensitive text needs beside the cell. */
export interface CellSearch {
  readonly text: TextMask;
  /** Types of texts that the server did not bring. */
  readonly isText: (oid: number) => boolean;
  readonly count: CountHit;
}

/**
 * Masks what is sensitive by its form in a cell, and keeps the cell what its type says.
 *
 * @returns undefined when nothing was found; null where the type has no room for a mask.
 */
export function scanCell(bytes: Buffer, kind: CellKind, binary: boolean, search: CellSearch): Buffer | null | undefined {
  switch (kind) {
    case 'plain':
    case 'uuid':
      return undefined;
    case 'text':
    case 'xml':
      return found(bytes, search);
    case 'json':
      return scanJson(bytes, search);
    case 'jsonb':
      return binary ? scanBinaryJsonb(bytes, search) : scanJson(bytes, search);
    case 'array':
      return scanArray(bytes, binary, search);
    case 'record':
      return binary
        ? editBinaryRecord(bytes, (cell, oid) => scanCell(cell, cellKind(oid, search.isText), true, search))
        : found(bytes, search);
    case 'other':
      // Nobody knows where the text stands in it, so it cannot be replaced there.
      return binary ? found(bytes, search) && null : found(bytes, search);
  }
}

function found(bytes: Buffer, { text, count }: CellSearch): Buffer | undefined {
  return text.mayFind(bytes, 0, bytes.length) ? text.value(bytes, 0, bytes.length, count) : undefined;
}

const BACKSLASH = 0x5c;
/** What stands for a document whose hit reached over its syntax. */
const HIDDEN_DOCUMENT = Buffer.from('"[redacted]"');

/** First the strings by what they say, then the document as it is written, names of keys beside values included. */
function scanJson(bytes: Buffer, search: CellSearch): Buffer | undefined {
  if (!bytes.includes(BACKSLASH) && !search.text.mayFind(bytes, 0, bytes.length)) return undefined;
  const strings = editJson(bytes, (value) => found(value, search));
  const seen = strings ?? bytes;
  const whole = found(seen, search);
  if (whole === undefined) return strings;
  return isJson(whole) || !isJson(seen) ? whole : HIDDEN_DOCUMENT;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

function scanBinaryJsonb(bytes: Buffer, search: CellSearch): Buffer | undefined {
  const document = scanJson(bytes.subarray(1), search);
  return document && Buffer.concat([bytes.subarray(0, 1), document]);
}

/** In text format the elements' type is not told apart: json in an array is searched as text. */
function scanArray(bytes: Buffer, binary: boolean, search: CellSearch): Buffer | undefined {
  if (binary) return editBinaryArray(bytes, (cell, oid) => scanCell(cell, cellKind(oid, search.isText), true, search));
  if (!bytes.includes(BACKSLASH) && !search.text.mayFind(bytes, 0, bytes.length)) return undefined;
  return editArrayText(bytes, (element) => found(element, search));
}
