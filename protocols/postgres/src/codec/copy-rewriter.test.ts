import fc from 'fast-check';
import type { FieldEdit } from './copy-fields.ts';
import { type CopyLayout, CopyRewriter } from './copy-rewriter.ts';

type Row = readonly (string | null)[];
const LIMIT = 1 << 20;

/** Writes rows as the server does; see CopyAttributeOutText and CopyAttributeOutCSV in copyto.c. */
function write(rows: readonly Row[], layout: CopyLayout): Buffer {
  if (layout.kind === 'binary') return writeBinary(rows);
  const field = layout.kind === 'csv' ? csvField : textField;
  return Buffer.from(rows.map((row) => `${row.map((value) => field(value, layout)).join(layout.delimiter)}\n`).join(''));
}

function textField(value: string | null, layout: CopyLayout): string {
  if (value === null) return layout.null;
  const letters: Record<string, string> = { '\b': 'b', '\t': 't', '\n': 'n', '\v': 'v', '\f': 'f', '\r': 'r' };
  return [...value]
    .map((one) => (letters[one] ? `\\${letters[one]}` : one === '\\' || one === layout.delimiter ? `\\${one}` : one))
    .join('');
}

function csvField(value: string | null, { null: none, delimiter, quote, escape: escaping }: CopyLayout): string {
  if (value === null) return none;
  if (value !== none && value !== '\\.' && ![delimiter, quote, '\n', '\r'].some((one) => value.includes(one))) return value;
  return `${quote}${[...value].map((one) => (one === quote || one === escaping ? escaping + one : one)).join('')}${quote}`;
}

function writeBinary(rows: readonly Row[]): Buffer {
  const int = (value: number, bytes: number): Buffer => {
    const raw = Buffer.alloc(bytes);
    raw.writeIntBE(value, 0, bytes);
    return raw;
  };
  const parts = [Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), int(0, 4), int(3, 4), Buffer.from('ext')];
  for (const row of rows) {
    parts.push(int(row.length, 2));
    for (const value of row) parts.push(int(value === null ? -1 : Buffer.byteLength(value), 4), Buffer.from(value ?? ''));
  }
  return Buffer.concat([...parts, int(-1, 2)]);
}

/** Field 1 is masked by length, `gone` becomes NULL; the others are nobody's business. */
const edited = (value: string | null): string | null => (value === null || value === 'gone' ? null : `<${value}>`);
const edit: FieldEdit = {
  wants: (index) => index === 1,
  edit(index, value) {
    expect(index).toBe(1);
    const after = edited(value.toString());
    return after === null ? null : Buffer.from(after);
  },
};

const layout = (over: Partial<CopyLayout>): CopyLayout => ({
  kind: 'text',
  header: false,
  delimiter: '\t',
  null: '\\N',
  quote: '"',
  escape: '"',
  columns: 3,
  ...over,
});

const LAYOUTS: readonly CopyLayout[] = [
  layout({}),
  layout({ delimiter: ';', null: '' }),
  layout({ delimiter: 'Z', header: true }),
  layout({ kind: 'csv', delimiter: ',', null: '' }),
  layout({ kind: 'csv', delimiter: ';', null: 'nil', quote: "'", escape: '\\', header: true }),
  layout({ kind: 'csv', delimiter: '\t', null: '\\N', quote: 'q', escape: 'e' }),
  layout({ kind: 'binary' }),
];

const value = fc.oneof(
  fc.constant(null),
  fc.constantFrom('gone', 'nil', '\\N', '\\.', '', '"', "'", 'qe', 'eq', '""', '\n', '\r\n', '\\', '\t', ',', ';', 'ä€𝄞', '\\\\', 'Z'),
  fc.string({ unit: 'binary', maxLength: 12 }).filter((one) => one.isWellFormed() && !one.includes('\0')),
);
const rows = fc.array(fc.tuple(value, value, value), { maxLength: 8 });

/** In text format with an ambiguous NULL the server itself cannot tell. */
const told = (all: readonly Row[], { kind, null: none }: CopyLayout): readonly Row[] =>
  kind === 'text' ? all.map((row) => row.map((one) => (one === none ? null : one))) : all;

test.each(LAYOUTS)('edits its field and no other byte: %j', (one) => {
  fc.assert(
    fc.property(rows, (all) => {
      const known = told(all, one);
      const rewriter = new CopyRewriter(one, edit, LIMIT);
      const after = known.map(([a, b, c], at) => [a ?? null, one.header && at === 0 ? (b ?? null) : edited(b ?? null), c ?? null]);
      expect(rewriter.push(write(known, one)).toString('latin1')).toBe(write(after, one).toString('latin1'));
      rewriter.end();
    }),
  );
});

test.each(LAYOUTS)('every chunking gives the same: %j', (one) => {
  fc.assert(
    fc.property(rows, fc.array(fc.nat(20), { minLength: 1 }), (all, cuts) => {
      const data = write(told(all, one), one);
      const whole = new CopyRewriter(one, edit, LIMIT).push(data);
      const rewriter = new CopyRewriter(one, edit, LIMIT);
      const pieces: Buffer[] = [];
      for (let at = 0, cut = 0; at < data.length; cut += 1) {
        const size = (cuts[cut % cuts.length] ?? 0) + (cut % cuts.length === 0 ? 1 : 0);
        pieces.push(rewriter.push(Buffer.from(data.subarray(at, at + size))));
        at += size;
      }
      expect(Buffer.concat(pieces).equals(whole)).toBe(true);
      expect(rewriter.between).toBe(true);
    }),
  );
});

test.each(LAYOUTS)('random bytes are refused in order, or pass: %j', (one) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const rewriter = new CopyRewriter(one, { wants: (index) => index === 1, edit: () => null }, LIMIT);
      try {
        rewriter.push(Buffer.from(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_PROTOCOL', side: 'target' });
      }
    }),
  );
});

test('a value that reads like a NULL of the client is edited all the same', () => {
  const guessing = new CopyRewriter(layout({ null: '4111' }), edit, LIMIT);
  expect(guessing.push(Buffer.from('1\t4111\tx\n')).toString()).toBe('1\t<4111>\tx\n');
});

test('a row has a bound, and its fields a number', () => {
  const one = layout({ columns: 2 });
  expect(() => new CopyRewriter(one, edit, 9).push(Buffer.from('123456789\n'))).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
  const slow = new CopyRewriter(one, edit, 9);
  expect(() => Array.from('123456789\n', (byte) => slow.push(Buffer.from(byte)))).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
  expect(() => new CopyRewriter(one, edit, 99).push(Buffer.from('1\t2\t3\n'))).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
  const cut = new CopyRewriter(one, edit, 99);
  cut.push(Buffer.from('1\t2'));
  expect(() => cut.end()).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
});
