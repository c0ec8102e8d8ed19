import type { Gate } from '@sallyport/core';
import { formatOf } from '../codec/extended-query.ts';
import { binaryText, typeName } from './binary-value.ts';
import { searchedText } from './message-search.ts';
import { isConnection } from './secrets.ts';
import type { BoundValues } from './statement.ts';

/** A longer value is recorded by its length and fingerprint. */
const MAX_RECORDED_BYTES = 64 * 1024;

/**
 * Bound values as they may be recorded: text as it is, binary of the common types as text. A value
 * that is not readable, tells of a connection, has no text form or is very long becomes its type, length and keyed digest.
 */
export function recordable(
  bound: BoundValues,
  types: readonly number[],
  readable: (index: number) => boolean,
  gate: Pick<Gate, 'fingerprint' | 'textMask'>,
): readonly (string | null)[] {
  return bound.values.map((value, index) => {
    if (value === null) return null;
    const type = types[index] ?? 0;
    if (readable(index) && value.length <= MAX_RECORDED_BYTES) {
      const text = formatOf(bound.formats, index) === 0 ? value.toString('utf8') : binaryText(type, value);
      if (text !== undefined && !isConnection(text)) return searchedText(text, gate.textMask);
    }
    return `<${typeName(type)}, ${value.length} bytes, hmac ${gate.fingerprint(value).slice(0, 16)}>`;
  });
}
