import { HiddenValues, valuePrint } from './hidden-values.ts';

const fingerprint = (...parts: readonly (Buffer | string)[]) => Buffer.from(parts.join('|')).toString('hex').padEnd(64, '0');

function hide(values: readonly string[]) {
  const notes: unknown[] = [];
  const hidden = new HiddenValues(7, { note: (event) => void notes.push(event), fingerprint });
  for (const value of values) hidden.add('r', value);
  hidden.flush();
  return notes as { values: string[]; more?: true }[];
}

test('each value is noted once, by its fingerprint', () => {
  const print = valuePrint(fingerprint, 'x');
  expect(print).toHaveLength(16);
  expect(hide(['x', 'x'])).toEqual([{ type: 'values', command: 7, rule: 'r', values: [print] }]);
});

test('what is noted has a bound, and says when it was reached', () => {
  const notes = hide(Array.from({ length: 12_000 }, (_, at) => String(at).padStart(8, '0')));
  expect(notes.every(({ values }) => values.length <= 1_000)).toBe(true);
  expect(notes.flatMap(({ values }) => values).length).toBeLessThanOrEqual(10_000);
  expect(hide([])).toEqual([]);
});
