import { ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { lenencBytes } from './bytes.ts';
import { RowCells, textCells } from './rows.ts';

const COLUMNS = 5;
const cell = fc.option(
  fc.oneof(
    fc.string(),
    fc.constantFrom(249, 250, 251, 252, 70_000).map((length) => 'x'.repeat(length)),
  ),
);
const row = fc.array(cell, { minLength: COLUMNS, maxLength: COLUMNS });
const encode = (cells: readonly (string | null)[]): Buffer =>
  Buffer.concat(cells.map((one) => (one === null ? Buffer.of(0xfb) : lenencBytes(one))));

test('RowCells finds the cells that textCells gives, row after row', () => {
  const cells = new RowCells();
  fc.assert(
    fc.property(row, (values) => {
      const payload = encode(values);
      cells.readText(payload, COLUMNS);
      const found = values.map((_, index) => {
        const value = cells.isNull(index) ? undefined : payload.subarray(cells.value(index), cells.end(index));
        return { start: cells.start(index), end: cells.end(index), value };
      });
      expect(found).toEqual(textCells(payload, COLUMNS));
    }),
  );
});

test('RowCells refuses what textCells refuses', () => {
  const cells = new RowCells();
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), row.map(encode)), fc.nat(7), (bytes, columns) => {
      const read = (take: () => unknown): unknown => {
        try {
          take();
          return 'whole';
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          return (error as Error).message;
        }
      };
      const payload = Buffer.from(bytes);
      expect(read(() => cells.readText(payload, columns))).toBe(read(() => textCells(payload, columns)));
    }),
  );
});
