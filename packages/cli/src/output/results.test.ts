import type { ExecItem } from '@sallyport/core';
import { csvPrinter, jsonPrinter, printItem, type ResultPrinter, tablePrinter } from './results.ts';

const TWO_RESULTS: readonly ExecItem[] = [
  { type: 'done', tag: 'BEGIN', rows: 0 },
  { type: 'columns', names: ['id', 'name', 'id'] },
  { type: 'row', cells: ['1', 'Ada', '9'] },
  { type: 'row', cells: ['2', null, ''] },
  { type: 'done', tag: 'SELECT 2', rows: 2 },
  { type: 'notice', message: 'by the way' },
  { type: 'columns', names: ['n'] },
  { type: 'done', tag: 'SELECT 0', rows: 0 },
];

function printed(printer: ResultPrinter, items: readonly ExecItem[]): string {
  return items.map((item) => printItem(printer, item)).join('') + printer.end();
}

test('JSON is one array for each result that has columns', () => {
  const text = printed(jsonPrinter(), TWO_RESULTS);
  expect(text).toBe('[\n{"id":"1","name":"Ada","id_2":"9"},\n{"id":"2","name":null,"id_2":""}\n]\n[]\n');
});

test('JSON of commands without rows is an empty array', () => {
  expect(printed(jsonPrinter(), [{ type: 'done', tag: 'DROP TABLE', rows: 0 }])).toBe('[]\n');
});

test('CSV tells NULL from an empty string', () => {
  expect(printed(csvPrinter(), TWO_RESULTS)).toBe('id,name,id\n1,Ada,9\n2,,""\n\nn\n');
});

test('a table shows NULL and the head of an empty result', () => {
  const text = printed(tablePrinter(Infinity), TWO_RESULTS);
  expect(text).toContain('2  │ NULL │\n');
  expect(text).toMatch(/\n\n.*n.*\n.*─.*\n$/);
});

test('a long table begins before its last row has come', () => {
  const printer = tablePrinter(Infinity);
  printer.columns(['n']);
  const texts = Array.from({ length: 300 }, (_, at) => printer.row([String(at)]));
  expect(texts.slice(0, 199).join('')).toBe('');
  expect(texts[199]?.split('\n')).toHaveLength(203);
  expect(texts[250]).toBe('250\n');
});
