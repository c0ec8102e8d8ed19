import fc from 'fast-check';
import { findKeys } from '../../test/playbook-kit.ts';
import type { CellKind } from './cell-kind.ts';
import { scanCell } from './cell-scan.ts';

const hits: string[] = [];
const search = { text: findKeys, isText: (oid: number) => oid === 20_000, count: (rule: string) => void hits.push(rule) };

function scan(kind: CellKind, text: string, binary = false): string | null | undefined {
  const seen = scanCell(Buffer.from(text), kind, binary, search);
  return seen === null ? null : seen?.toString();
}

beforeEach(() => void hits.splice(0));

test.each<[CellKind, string, string | undefined]>([
  ['text', 'a key-1 b key-22', 'a [found] b [found]'],
  ['text', 'nothing', undefined],
  ['xml', '<a>key-1</a>', '<a>[found]</a>'],
  ['plain', 'key-1', undefined],
  ['uuid', 'key-1', undefined],
  ['other', "'key-1':1", "'[found]':1"],
  ['record', '(1,"a ""key-1""")', '(1,"a ""[found]""")'],
  ['json', '{"a": "key-1", "b": [1, "x\\ny key-2"]}', '{"a": "[found]", "b": [1, "x\\ny [found]"]}'],
  ['json', '{"a": "\\u006bey-1"}', '{"a": "[found]"}'],
  ['json', '{"a": "\\u006bex-1", "b": "\\\\"}', undefined],
  ['json', '{"key-1": 5}', '{"[found]": 5}'],
  ['json', 'no json "key-1', 'no json "[found]'],
  ['jsonb', '{"a": "key-1"}', '{"a": "[found]"}'],
  ['array', '{key-1,"a, \\"key-2\\"",NULL,"NULL",x}', '{"[found]","a, \\"[found]\\"",NULL,"NULL",x}'],
  ['array', '{"\\k\\ey-1"}', '{"[found]"}'],
  ['array', '[2:3]={{key-1,y},{z,w}}', '[2:3]={{"[found]",y},{z,w}}'],
])('%s in text format: %s', (kind, text, expected) => {
  expect(scan(kind, text)).toBe(expected);
});

test('a document whose hit reaches over its syntax is hidden as a whole', () => {
  const greedy = { ...findKeys, value: (bytes: Buffer) => (bytes.includes('key-1"') ? Buffer.from('{broken') : undefined) };
  const seen = scanCell(Buffer.from('{"a": "key-1"}'), 'json', false, { ...search, text: greedy });
  expect(seen?.toString()).toBe('"[redacted]"');
});

test('every hit is counted', () => {
  scan('array', '{key-1,key-2}');
  scan('text', 'key-3');
  expect(hits).toEqual(['keys', 'keys', 'keys']);
});

const int = (value: number): Buffer => {
  const raw = Buffer.alloc(4);
  raw.writeInt32BE(value);
  return raw;
};
const sized = (value: Buffer | null): Buffer => Buffer.concat([int(value?.length ?? -1), value ?? Buffer.alloc(0)]);

describe('binary format', () => {
  const array = (typeOid: number, ...elements: readonly (string | null)[]): Buffer =>
    Buffer.concat([
      ...[1, elements.includes(null) ? 1 : 0, typeOid, elements.length, 1].map(int),
      ...elements.map((element) => sized(element === null ? null : Buffer.from(element))),
    ]);
  const record = (...fields: readonly (readonly [number, Buffer | null])[]): Buffer =>
    Buffer.concat([int(fields.length), ...fields.flatMap(([oid, value]) => [int(oid), sized(value)])]);

  test('arrays of texts, of json, of what nobody knows', () => {
    expect(scanCell(array(25, 'key-1', null, 'b'), 'array', true, search)).toEqual(array(25, '[found]', null, 'b'));
    expect(scanCell(array(3802, '\x01"key-1"'), 'array', true, search)).toEqual(array(3802, '\x01"[found]"'));
    expect(scanCell(array(20_000, 'key-1'), 'array', true, search)).toEqual(array(20_000, '[found]'));
    expect(scanCell(array(30_000, 'key-1', 'b'), 'array', true, search)).toEqual(array(30_000, null, 'b'));
    expect(scanCell(array(23, 'key-1'), 'array', true, search)).toBeUndefined();
    expect(scanCell(Buffer.concat([int(0), int(0), int(25)]), 'array', true, search)).toBeUndefined();
  });

  test('rows, also inside rows', () => {
    const inner = (text: string): Buffer => record([23, int(7)], [25, Buffer.from(text)], [25, null]);
    const outer = (text: string): Buffer => record([2249, inner(text)], [1009, array(25, text)]);
    expect(scanCell(outer('key-1'), 'record', true, search)).toEqual(outer('[found]'));
    expect(scanCell(outer('nothing'), 'record', true, search)).toBeUndefined();
  });

  test('jsonb keeps its version; a type that nobody knows becomes NULL', () => {
    expect(scan('jsonb', '\x01{"a": "key-1"}', true)).toBe('\x01{"a": "[found]"}');
    expect(scan('other', 'xx key-1', true)).toBeNull();
    expect(scan('other', 'xx', true)).toBeUndefined();
  });

  test('random bytes are refused in order', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom<CellKind>('array', 'record'), (bytes, kind) => {
        try {
          scanCell(Buffer.from(bytes), kind, true, search);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_PROTOCOL', side: 'target' });
        }
      }),
    );
  });
});

test('arrays in text format: elements are found however they are quoted', () => {
  const element = fc.oneof(fc.constant(null), fc.string({ unit: fc.constantFrom(...'ab"\\{},[ ', 'key-1') }));
  const write = (values: readonly (string | null)[]): string =>
    `{${values.map((value) => (value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`)).join()}}`;
  fc.assert(
    fc.property(fc.array(element), (values) => {
      const clean = values.map((value) => value?.replace(/key-\d+/g, '[found]') ?? null);
      expect(scan('array', write(values)) ?? write(values)).toBe(write(clean));
    }),
  );
});
