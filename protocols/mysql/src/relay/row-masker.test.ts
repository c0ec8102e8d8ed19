import type { Mask } from '@sallyport/core';
import fc from 'fast-check';
import { column, textRow } from '../../test/playbook-kit.ts';
import { int, lenencBytes, packets } from '../codec/bytes.ts';
import { TYPE } from '../codec/columns.ts';
import { nullBit } from '../codec/rows.ts';
import { cellForm, fixedCell } from './cell-form.ts';
import { RowMasker } from './row-masker.ts';
import type { CellMask } from './row-plan.ts';

const masks: readonly Mask[] = [
  { rule: 'redact', method: 'redact', apply: () => '[redacted]', fixed: '[redacted]' },
  { rule: 'null', method: 'null', apply: () => null, fixed: null },
  { rule: 'partial', method: 'partial', apply: (value) => (value.length > 3 ? value.slice(-3) : value.repeat(90)) },
];
const COLUMNS = 4;
const UTF8MB4 = 45;
const columns = ['a', 'b', 'c', 'd'].map((name) => column(name, { type: TYPE.VAR_STRING }));
const cell = fc.option(
  fc.oneof(
    fc.string(),
    fc.nat(90_000).map((length) => 'x'.repeat(length)),
  ),
);
const rows = fc.array(fc.array(cell, { minLength: COLUMNS, maxLength: COLUMNS }));
const byColumn = fc.array(fc.option(fc.constantFrom(...masks), { nil: undefined }), { minLength: COLUMNS, maxLength: COLUMNS });

function binaryRow(cells: readonly (string | null)[]): Buffer {
  const head = Buffer.alloc(1 + ((cells.length + 9) >> 3));
  cells.forEach((one, index) => {
    const { at, bits } = nullBit(index);
    if (one === null) head[at] = (head[at] as number) | bits;
  });
  return Buffer.concat([head, ...cells.map((one) => (one === null ? Buffer.alloc(0) : lenencBytes(one)))]);
}

function planOf(wanted: readonly (Mask | undefined)[]): CellMask[] {
  return wanted.flatMap((mask, index) => {
    if (mask === undefined) return [];
    const form = cellForm(TYPE.VAR_STRING, UTF8MB4);
    return [{ index, mask, form, fixed: fixedCell(mask, form) }];
  });
}

test.each([
  ['text', textRow],
  ['binary', binaryRow],
])('a run of %s rows is masked as each row by itself, and nothing else changes', (kind, encode) => {
  const masker = new RowMasker();
  fc.assert(
    fc.property(rows, byColumn, fc.nat(255), (values, wanted, sequence) => {
      const counted: string[] = [];
      const run = { masked: (rule: string, hidden?: Buffer | string) => void counted.push(`${rule} ${hidden}`), onlyCounts: false };
      const cells = planOf(wanted);
      const plan = { cells, masks: cells.length > 0 };
      const wire = (list: readonly (readonly (string | null)[])[]): Buffer =>
        Buffer.concat(list.map((one, index) => packets(encode(one), sequence + index)));
      const seen = masker.mask(wire(values), { columns, plan, binary: kind === 'binary', run, textMask: undefined });

      const masked = values.map((one) =>
        one.map((value, index) => (value === null || !wanted[index] ? value : wanted[index].apply(value))),
      );
      expect(seen.equals(wire(masked))).toBe(true);
      const hidden = values.flatMap((one) =>
        one.flatMap((value, index) => (value === null || !wanted[index] ? [] : [`${wanted[index].rule} ${value}`])),
      );
      expect(counted).toEqual(hidden);
    }),
  );
});

test('values that change nothing are not copied; a number beside a mask stays what it is', () => {
  const masker = new RowMasker();
  const run = { masked: () => undefined, onlyCounts: false };
  const plan = { cells: planOf([masks[0], undefined]), masks: true };
  const nothing = packets(textRow([null, '7']), 9);
  expect(masker.mask(nothing, { columns: columns.slice(0, 2), plan, binary: false, run, textMask: undefined })).toBe(nothing);
  const typed = [columns[0], column('n', { type: TYPE.LONG })].filter((one) => one !== undefined);
  const row = Buffer.concat([Buffer.of(0, 0), lenencBytes('4111'), int(7, 4)]);
  const seen = masker.mask(packets(row, 255), { columns: typed, plan, binary: true, run, textMask: undefined });
  expect(seen).toEqual(packets(Buffer.concat([Buffer.of(0, 0), lenencBytes('[redacted]'), int(7, 4)]), 255));
});

test('a row that its masks make too long for a packet is not sent', () => {
  const huge: Mask = { rule: 'huge', method: 'redact', apply: () => 'y'.repeat(0xff_ff_ff) };
  const plan = { cells: planOf([huge]), masks: true };
  const result = {
    columns: columns.slice(0, 1),
    plan,
    binary: false,
    run: { masked: () => undefined, onlyCounts: false },
    textMask: undefined,
  };
  expect(() => new RowMasker().mask(packets(textRow(['4111']), 1), result)).toThrow('longer than 16777215 bytes');
});
