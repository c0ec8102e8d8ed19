import fc from 'fast-check';
import { at, type Json, type Place } from './json-value.ts';
import { spliced } from './splice.ts';

/** All places of a value that hold no object and no array. */
function places(value: Json, place: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [place];
  return Object.keys(value).flatMap((name) => places((value as Record<string, Json>)[name], [...place, name]));
}

test('other values stand in the chosen places, and every other byte stays', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 4 }),
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.constantFrom(0, 1, '\r\n\t'),
      (value, chosen, space) => {
        const text = JSON.stringify(value, null, space);
        const all = places(JSON.parse(text));
        const own = [...new Set(chosen.map((number) => number % Math.max(1, all.length)))].flatMap((number) => all[number] ?? []);
        const edits = chosen.length === 0 || all.length === 0 ? [] : [all[(chosen[0] ?? 0) % all.length] as Place];
        expect(own.length).toBeGreaterThanOrEqual(0);
        const out = spliced(
          Buffer.from(text),
          edits.map((place) => ({ place, json: '"é\\n"' })),
        ).toString();
        for (const place of edits) expect(at(JSON.parse(out), ...place)).toBe('é\n');
        const back = edits.map((place) => ({ place, json: JSON.stringify(at(JSON.parse(text), ...place)) }));
        expect(JSON.parse(spliced(Buffer.from(out), back).toString())).toEqual(JSON.parse(text));
      },
    ),
    { numRuns: 500 },
  );
});
