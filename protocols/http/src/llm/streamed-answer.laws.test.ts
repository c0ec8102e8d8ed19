import { readdirSync, readFileSync } from 'node:fs';
import { GatewayError } from '@sallyport/core';
import fc from 'fast-check';
import { findWords } from '../../test/find-words.ts';
import { cut, events, pieces, run, SECRETS, TOOL_WRITERS, texts, values, WRITERS } from '../../test/model-streams.ts';
import { dataOf, type ServerSentEvent } from '../sse/event.ts';
import type { LlmApi } from './api.ts';
import { at, type Json, textAt } from './json-value.ts';

const FIXTURES = new URL('../../../../test-fixtures/llm/', import.meta.url);
const fixture = (name: string): Buffer => readFileSync(new URL(name, FIXTURES));
const apiOf = (name: string): LlmApi => name.split(/[-.]/, 1)[0] as LlmApi;
const streams = readdirSync(FIXTURES).filter((name) => name.endsWith('.sse'));

describe.each(streams)('%s', (name) => {
  test('passes byte for byte where no mask applies, and at once', () => {
    const bytes = fixture(name);
    const { sent, recorded, exchange } = run(apiOf(name), cut(bytes, [7]), { masked: false });
    expect(sent.equals(bytes)).toBe(true);
    expect(recorded.equals(bytes)).toBe(true);
    expect(exchange.end().stream).toBe(true);
  });

  test('keeps every event, its order and its texts where nothing is found', () => {
    const bytes = fixture(name);
    const { sent, recorded, counted, exchange } = run(apiOf(name), [bytes]);
    expect(counted).toBe(0);
    expect(texts(recorded)).toEqual(texts(bytes));
    expect(texts(sent)).toEqual(texts(bytes));
    const untouched = events(sent).map(({ raw }) => raw.toString());
    // What is edited are deltas alone: every other event is there as it was.
    const others = events(bytes).filter((event) => !isDelta(event));
    expect(untouched.filter((raw) => others.some((each) => each.raw.toString() === raw))).toEqual(others.map(({ raw }) => raw.toString()));
    const open = run(apiOf(name), [bytes], { masked: false }).exchange.end();
    expect(exchange.end()).toEqual(open);
  });

  test('is the same however its bytes are cut', () => {
    const bytes = fixture(name);
    const once = run(apiOf(name), [bytes]).sent.toString();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }), (sizes) => {
        expect(run(apiOf(name), cut(bytes, sizes)).sent.toString()).toBe(once);
      }),
      { numRuns: 30 },
    );
  });
});

function isDelta(event: ServerSentEvent): boolean {
  return (
    /delta"?|"text":/.test(dataOf(event)?.toString() ?? '') &&
    !/"(?:message_delta|signature_delta|citations_delta)"/.test(event.raw.toString())
  );
}

const words = fc
  .array(
    fc.oneof(fc.constantFrom(...SECRETS), fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom(' ', '\n', '. ', '"', '\\')),
    { maxLength: 12 },
  )
  .map((all) => all.join(''));
const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });

describe.each(WRITERS)('texts of %s', (_, api, writer) => {
  test('are masked the same however they and their bytes are cut, and every event stays', () => {
    fc.assert(
      fc.property(words, sizes, sizes, (text, parts, cuts) => {
        const { stream, key } = writer(pieces(text, parts));
        const { sent } = run(api, cut(stream, cuts));
        const bytes = Buffer.from(text);
        const expected = (findWords.value(bytes, 0, bytes.length, () => {}) ?? bytes).toString();
        expect(texts(sent)[key] ?? '').toBe(expected);
        expect(sent.toString()).toBe(run(api, [stream]).sent.toString());
        // At most one event came in between, for what was held back.
        const [before, after] = [values(stream), values(sent)];
        expect(after.length - before.length).toBeLessThanOrEqual(1);
        expect(after.filter((value) => !isText(value))).toEqual(
          before.filter((value) => !isText(value)).map((value) => repeats(value, text, expected)),
        );
      }),
      { numRuns: 100 },
    );
  });

  test.each(SECRETS)('with %s never show it, whatever its pieces', (secret) => {
    for (let size = 1; size <= secret.length; size += 1) {
      const { stream } = writer(['So ', ...pieces(secret, [size]), ' it is']);
      const { sent, recorded, counted } = run(api, [stream]);
      expect(Object.values(texts(sent)).join('|')).not.toContain(secret);
      expect(Object.values(texts(sent)).join('|')).toContain('So *** it is');
      expect(recorded).toEqual(sent);
      // Once, though it may be repeated.
      expect(counted).toBe(1);
    }
  });
});

function isText(value: Json): boolean {
  return (
    textAt(value, 'delta') !== undefined ||
    textAt(value, 'delta', 'text') !== undefined ||
    textAt(at(value, 'choices', 0), 'delta', 'content') !== undefined
  );
}

function repeats(value: Json, text: string, masked: string): Json {
  return textAt(value, 'text') === text ? { ...(value as object), text: masked } : value;
}

describe.each(TOOL_WRITERS)('arguments of %s', (_, api, writer) => {
  const escaped = '{"to":"alice\\u0040example.com","n":4111111111111111,"key":"AKIAIOSFODNN7EXAMPLE","say":"\\"caf\\u00e9\\""}';

  test('are masked wherever they are cut, and stay JSON', () => {
    for (let size = 1; size <= escaped.length; size += 1) {
      const { stream, key } = writer(pieces(escaped, [size]));
      const { sent } = run(api, [stream]);
      expect(JSON.parse(texts(sent)[key] ?? '')).toEqual({ to: '***', n: '***', key: '***', say: '"café"' });
      for (const secret of [...SECRETS, '\\u0040']) expect(Object.values(texts(sent)).join('|')).not.toContain(secret);
    }
  });

  test('that break off pass as far as they came', () => {
    const { stream, key } = writer(['{"to":"bo', 'b']);
    expect(texts(run(api, [stream]).sent)[key]).toBe('{"to":"bob');
  });
});

test('whatever comes, the answer is the same however it is cut, or refused with a sentence', () => {
  const edit = fc.tuple(
    fc.nat(),
    fc.constantFrom('', '"', '\\', '{', '}', '[', '\n', '\n\n', '\r', ':', 'null', '"delta":', '"index":7,', '\u{ff}', 'alice@example.com'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...streams), fc.array(edit, { minLength: 1, maxLength: 6 }), sizes, (name, edits, cuts) => {
      let bytes = fixture(name);
      for (const [place, by] of edits) {
        const where = place % bytes.length;
        bytes = Buffer.concat([bytes.subarray(0, where), Buffer.from(by, 'latin1'), bytes.subarray(where + (place % 3))]);
      }
      const result = (chunks: readonly Buffer[]): string => {
        try {
          return run(apiOf(name), chunks).sent.toString('latin1');
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          return 'refused';
        }
      };
      expect(
        result(
          cut(
            bytes,
            cuts.map((size) => size * 40),
          ),
        ),
      ).toBe(result([bytes]));
    }),
    { numRuns: 200 },
  );
});
