import { TEXT_HOLD_BACK, type TextRun } from '@sallyport/core';
import fc from 'fast-check';
import { makeMask } from '../method.ts';
import { DETECTOR_NAMES } from './detectors.ts';
import { Pattern } from './pattern.ts';
import { RulesMask } from './text-mask.ts';

const keys = { hashKey: Buffer.alloc(32, 7), tokenKey: Buffer.alloc(32, 8) };
const mask = (method: 'redact' | 'partial' | 'hash' | 'null' | 'token') => makeMask({ name: method, method, domain: 'd' }, keys);
const KEY = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEpAIBAAKCAQEA7bq98xOd\n'.repeat(3)}-----END RSA PRIVATE KEY-----`;
const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
const SAMPLES = [
  'alice@example.com',
  'bob.b+x@mail.example.co.uk',
  '+49 171 1234567',
  '(415) 555-2671',
  '415-555-2671',
  '1-415-555-2671',
  '4111 1111 1111 1111',
  '378282246310005',
  'DE89 3704 0044 0532 0130 00',
  'GB29NWBK60161331926819',
  '123-45-6789',
  'AKIAIOSFODNN7EXAMPLE',
  `ghp_${'aB3'.repeat(12)}`,
  `glpat-${'x9Y'.repeat(7)}`,
  'xoxb-123456789012-abcdefABCDEF',
  `${HEADER}.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl`,
  KEY,
  'api_key = "x7Kq9ZtP2mWv4LrB"',
  'postgres://app:hunter2@db/shop',
  'HX-12345678',
];
const SIGNS = Array.from('@:=_-+(JA. /"\\n\r\n019azAZ');
const LONG = [
  `${KEY.slice(0, 90)}${'MIIEpAIBAAKCAQEA7bq98xOd\n'.repeat(200)}-----END RSA PRIVATE KEY-----`,
  `${HEADER}.eyJz${'aB3'.repeat(1500)}.sig`,
  `token=${'x7Kq9ZtP2mWv4LrB'.repeat(300)}`,
  'a@'.repeat(3000),
  '4111 '.repeat(900),
  'x'.repeat(5000),
];

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SAMPLES).map((text) => Buffer.from(text)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...SAMPLES), fc.nat(), fc.nat())
      .map(([text, from, to]) => Buffer.from(text.slice(from % text.length).slice(0, to % text.length))),
  },
  { weight: 6, arbitrary: fc.array(fc.constantFrom(...SIGNS), { maxLength: 6 }).map((signs) => Buffer.from(signs.join(''))) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constantFrom('é', '漢字', '😀').map((text) => Buffer.from(text)) },
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.concat(pieces));
const longText = fc
  .tuple(text, fc.constantFrom(...LONG), text)
  .map(([before, long, after]) => Buffer.concat([before, Buffer.from(long), after]));

const detectors = new RulesMask([
  { mask: mask('redact'), detectors: ['card', 'api-key', 'private-key'], patterns: [] },
  { mask: mask('hash'), detectors: ['iban', 'jwt', 'url-password', 'us-ssn'], patterns: [] },
  { mask: mask('token'), detectors: ['email', 'phone'], patterns: [] },
  { mask: mask('partial'), detectors: DETECTOR_NAMES, patterns: [] },
]);
const both = new RulesMask([
  { mask: mask('redact'), detectors: DETECTOR_NAMES, patterns: [] },
  { mask: mask('partial'), detectors: [], patterns: [new Pattern('HX-[0-9]{8}'), new Pattern('a.*?z|\\b1+')] },
]);

/** One character for each byte, so that a difference can be read. */
const shown = (bytes: Buffer) => bytes.toString('latin1');

type Counted = Record<string, number>;
const counter = (counted: Counted) => (rule: string) => {
  counted[rule] = (counted[rule] ?? 0) + 1;
};

function whole(by: RulesMask, bytes: Buffer): { readonly out: string; readonly counted: Counted } {
  const counted: Counted = {};
  return { out: shown(by.value(bytes, 0, bytes.length, counter(counted)) ?? bytes), counted };
}

function inPieces(by: RulesMask, bytes: Buffer, sizes: readonly number[]): { readonly out: string; readonly counted: Counted } {
  const counted: Counted = {};
  const stream = by.stream(counter(counted));
  const out: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    out.push(stream.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return { out: shown(Buffer.concat([...out, stream.flush()])), counted };
}

/**
 * A hit above 4096 bytes is shown and counted before its end has come; where another one then turns out to overlap it, which of
 * their rules it counts for hangs on how the text was cut. What is shown does not.
 */
const inAll = ({ out, counted }: { readonly out: string; readonly counted: Counted }) => ({
  out,
  hits: Object.values(counted).reduce((sum, count) => sum + count, 0),
});

const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });

describe.each([
  ['detectors', detectors],
  ['detectors and patterns', both],
])('%s', (_name, by) => {
  test('however a text is cut, it comes out as when it comes whole', () => {
    fc.assert(
      fc.property(text, sizes, (bytes, cuts) => expect(inPieces(by, bytes, cuts)).toEqual(whole(by, bytes))),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(
        longText,
        sizes.map((all) => all.map((size) => size * 17)),
        (bytes, cuts) => expect(inAll(inPieces(by, bytes, cuts))).toEqual(inAll(whole(by, bytes))),
      ),
      { numRuns: 100 },
    );
  });

  test('runs tell of a text what its stream shows, byte for byte', () => {
    fc.assert(
      fc.property(fc.oneof(text, longText), sizes, (bytes, cuts) => {
        const runs = by.runs();
        const found: TextRun[] = [];
        for (let at = 0, index = 0; at < bytes.length; index += 1) {
          const size = (cuts[index % cuts.length] ?? 1) * 7;
          found.push(...runs.push(bytes.subarray(at, at + size)));
          at += size;
        }
        found.push(...runs.flush());
        let at = 0;
        const counted: Counted = {};
        const out = found.map(({ length, hit }) => {
          at += length;
          if (hit?.goesOn === false) counter(counted)(hit.rule);
          return hit?.shown ?? bytes.subarray(at - length, at);
        });
        expect(at).toBe(bytes.length);
        expect(inAll({ out: shown(Buffer.concat(out)), counted })).toEqual(inAll(whole(by, bytes)));
      }),
      { numRuns: 300 },
    );
  });

  test('what is found may be found, whatever stands around it', () => {
    fc.assert(
      fc.property(text, text, text, (before, bytes, after) => {
        if (by.value(bytes, 0, bytes.length, () => {}) === undefined) return;
        const around = Buffer.concat([before, bytes, after]);
        expect(by.mayFind(around, 0, around.length)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('a value within a buffer is as alone', () => {
    fc.assert(
      fc.property(text, text, text, (before, bytes, after) => {
        const around = Buffer.concat([before, bytes, after]);
        const alone = by.value(bytes, 0, bytes.length, () => {});
        expect(by.value(around, before.length, before.length + bytes.length, () => {})).toEqual(alone);
      }),
      { numRuns: 1000 },
    );
  });
});

test('every sample is a hit, alone and within a text, also cut at every byte', () => {
  for (const sample of SAMPLES) {
    const bytes = Buffer.from(`Ünder (${sample}), \xff.`);
    const { out, counted } = whole(both, bytes);
    expect([sample, Object.values(counted)]).toEqual([sample, [1]]);
    expect(inPieces(both, bytes, [1]).out).toEqual(out);
  }
});

test('a digit that has left is no part of a telephone number', () => {
  for (const sign of '@ /\\"') {
    const bytes = Buffer.from(`1${sign}415-555-2671`);
    expect(inPieces(detectors, bytes, [1]).out).toBe(whole(detectors, bytes).out);
  }
});

test('so many plain bytes behind a text and all of it has left: no more is held back', () => {
  const plain = Buffer.alloc(TEXT_HOLD_BACK, ' ');
  fc.assert(
    fc.property(longText, fc.constantFrom(detectors, both), (bytes, by) => {
      const stream = by.stream(() => {});
      const out = shown(Buffer.concat([stream.push(bytes), stream.push(plain)]));
      expect(out.trimEnd()).toBe(whole(by, Buffer.concat([bytes, plain])).out.trimEnd());
    }),
    { numRuns: 100 },
  );
});
