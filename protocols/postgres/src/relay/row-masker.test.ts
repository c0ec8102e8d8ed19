import type { Mask } from '@sallyport/core';
import fc from 'fast-check';
import { decodeDataRow, encodeDataRow } from '../codec/rows.ts';
import { CellEditor } from './cell-editor.ts';
import { RowMasker } from './row-masker.ts';
import { cellPlan } from './row-plan.ts';

const COLUMNS = 4;
const masks: readonly Mask[] = [
  { rule: 'redact', method: 'redact', apply: () => '[redacted]', fixed: '[redacted]' },
  { rule: 'null', method: 'null', apply: () => null, fixed: null },
  { rule: 'partial', method: 'partial', apply: (value) => (value.length > 3 ? value.slice(-3) : value.repeat(9)) },
];
const cell = fc.option(
  fc.oneof(
    fc.string(),
    fc.nat(90_000).map((length) => 'x'.repeat(length)),
  ),
);
const row = fc.array(cell, { minLength: COLUMNS, maxLength: COLUMNS });
const plan = fc.array(fc.option(fc.constantFrom(...masks), { nil: undefined }), { minLength: COLUMNS, maxLength: COLUMNS });

const encode = (cells: readonly (string | null)[]): Buffer => encodeDataRow(cells.map((one) => (one === null ? null : Buffer.from(one))));

test('a run of rows is masked as each row by itself, and nothing else changes', () => {
  const masker = new RowMasker();
  fc.assert(
    fc.property(fc.array(row), plan, (rows, byColumn) => {
      const cells = byColumn.flatMap((mask, index) => (mask === undefined ? [] : [cellPlan(index, mask, 'text', false)]));
      const counted: string[] = [];
      const run = { masked: (rule: string, hidden?: Buffer | string) => void counted.push(`${rule} ${hidden}`) };
      const editor = new CellEditor({ cells, masks: cells.length > 0, escapes: false, isText: () => true }, undefined, run);
      const seen = masker.mask(Buffer.concat(rows.map(encode)), editor);

      const masked = rows.map((one) =>
        one.map((value, index) => (value === null ? null : (byColumn[index]?.apply(value) ?? kept(value, byColumn[index])))),
      );
      expect(seen.equals(Buffer.concat(masked.map(encode)))).toBe(true);
      const hidden = rows.flatMap((one) =>
        one.flatMap((value, index) => (value === null || !byColumn[index] ? [] : [`${byColumn[index].rule} ${value}`])),
      );
      expect(counted).toEqual(hidden);
    }),
  );
});

const kept = (value: string, mask: Mask | undefined): string | null => (mask === undefined ? value : null);

test('a piece stays as it is while others are made behind it', () => {
  const masker = new RowMasker();
  const editor = new CellEditor(
    { cells: [cellPlan(0, masks[0], 'text', false)], masks: true, escapes: false, isText: () => true },
    undefined,
    { masked: () => undefined },
  );
  const pieces = Array.from({ length: 3_000 }, (_, at) => masker.mask(encode(['secret', String(at), 'x'.repeat(at)]), editor));
  for (const [at, piece] of pieces.entries()) {
    expect(decodeDataRow(piece).cells.map(String)).toEqual(['[redacted]', String(at), 'x'.repeat(at)]);
  }
});

test('rows in which nothing changes are the very bytes', () => {
  const rows = Buffer.concat([encode(['a', null]), encode([null, 'b'])]);
  const editor = new CellEditor(
    { cells: [cellPlan(0, masks[0], 'text', false)], masks: true, escapes: false, isText: () => true },
    undefined,
    { masked: () => undefined },
  );
  const masker = new RowMasker();
  expect(masker.mask(rows.subarray(rows.length / 2), editor).buffer).toBe(rows.buffer);
  expect(masker.mask(rows, editor).equals(rows)).toBe(false);
});
