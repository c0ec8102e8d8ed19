import { ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { int, lenencBytes } from './bytes.ts';
import { TYPE } from './columns.ts';
import { binaryCells, type Cell, nullBit, RowCells, textCells } from './rows.ts';

const COLUMNS = 5;
const text = fc.oneof(
  fc.string(),
  fc.constantFrom(249, 250, 251, 252, 70_000).map((length) => 'x'.repeat(length)),
);
const textRow = fc
  .array(fc.option(text), { minLength: COLUMNS, maxLength: COLUMNS })
  .map((cells) => Buffer.concat(cells.map((one) => (one === null ? Buffer.of(0xfb) : lenencBytes(one)))));

const types = [TYPE.LONG, TYPE.VAR_STRING, TYPE.DATETIME, TYPE.TINY, TYPE.NEWDECIMAL].map((type) => ({ type }));
const times = fc.constantFrom(0, 4, 7, 11).map((length) => Buffer.alloc(1 + length, length));
const binaryRow = fc
  .tuple(
    ...[fc.nat().map((value) => int(value, 4)), text.map(lenencBytes), times, fc.nat(255).map(Buffer.of), text.map(lenencBytes)].map(
      (value) => fc.option(value),
    ),
  )
  .map((values) => {
    const head = Buffer.alloc(1 + ((COLUMNS + 9) >> 3));
    values.forEach((value, index) => {
      const { at, bits } = nullBit(index);
      if (value === null) head[at] = (head[at] as number) | bits;
    });
    return Buffer.concat([head, ...values.map((value) => value ?? Buffer.alloc(0))]);
  });

/** How a row is read in either way: cell by cell, and where it lies among other bytes. */
const READERS = {
  text: {
    row: textRow,
    cells: (payload: Buffer): Cell[] => textCells(payload, COLUMNS),
    read: (into: RowCells, bytes: Buffer, from: number, to: number): void => into.readText(bytes, from, to, COLUMNS),
  },
  binary: {
    row: binaryRow,
    cells: (payload: Buffer): Cell[] => binaryCells(payload, types),
    read: (into: RowCells, bytes: Buffer, from: number, to: number): void => into.readBinary(bytes, from, to, types),
  },
};

describe.each(Object.entries(READERS))('RowCells, %s rows', (_, { row, cells, read }) => {
  test('finds the cells that are read one by one, wherever the row lies', () => {
    const found = new RowCells();
    fc.assert(
      fc.property(row, fc.nat(10), fc.nat(10), (payload, before, behind) => {
        const bytes = Buffer.concat([Buffer.alloc(before, 1), payload, Buffer.alloc(behind, 1)]);
        read(found, bytes, before, before + payload.length);
        const shown = Array.from({ length: COLUMNS }, (_, index) => {
          const value = found.isNull(index) ? undefined : bytes.toString('latin1', found.value(index), found.end(index));
          return { start: found.start(index) - before, end: found.end(index) - before, value };
        });
        expect(shown).toEqual(cells(payload).map((one) => ({ ...one, value: one.value?.toString('latin1') })));
      }),
    );
  });

  test('refuses what is refused when it is read one by one, whatever lies behind', () => {
    const found = new RowCells();
    const sentence = (take: () => unknown): unknown => {
      try {
        take();
        return 'whole';
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        return (error as Error).message;
      }
    };
    const cut = fc
      .tuple(row, fc.nat(), fc.uint8Array({ maxLength: 3 }))
      .map(([whole, at, more]) => [...whole.subarray(0, at % (whole.length + 1)), ...more]);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), cut), fc.nat(300), (payload, behind) => {
        const bytes = Buffer.concat([Buffer.from(payload), Buffer.alloc(behind, 1)]);
        expect(sentence(() => read(found, bytes, 0, payload.length))).toBe(sentence(() => cells(Buffer.from(payload))));
      }),
    );
  });
});
