import type { ContentMasks, CountHit, TextStream } from '@sallyport/core';
import type { Json, Place } from '../src/llm/json-value.ts';
import { type Edit, spliced } from '../src/llm/splice.ts';

/** The simplest mask for JSON: it waits for the end, and looks at each text and number. What is no JSON is a text. */
export function bufferedJsonMask({ text }: ContentMasks, count: CountHit, verbatim: readonly Place[] = []): TextStream {
  const parts: Buffer[] = [];
  const shown = (value: string): string | undefined => {
    const bytes = Buffer.from(value);
    return text?.value(bytes, 0, bytes.length, count)?.toString();
  };
  const walk = (value: Json, place: Place): Edit[] => {
    if (verbatim.some((each) => each.join('/') === place.join('/'))) return [];
    if (typeof value === 'string' || typeof value === 'number') {
      const masked = shown(String(value));
      return masked === undefined ? [] : [{ place, json: JSON.stringify(masked) }];
    }
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, each]) => walk(each, [...place, name]));
  };
  return {
    push(bytes) {
      parts.push(bytes);
      return Buffer.alloc(0);
    },
    flush() {
      const json = Buffer.concat(parts.splice(0));
      try {
        return spliced(json, walk(JSON.parse(json.toString()), []));
      } catch {
        return Buffer.from(shown(json.toString()) ?? json);
      }
    },
  };
}
