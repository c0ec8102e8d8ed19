import type { SessionRow } from '@sallyport/core';
import type { Replayed } from '@sallyport/recording';
import { ReplayPrinter } from './replay.ts';

const START = Date.UTC(2026, 10, 20, 21, 40);
const SESSION = {
  id: 's_1',
  identity: 'copilot',
  actingFor: 'alice',
  target: 'shop-db',
  client: '127.0.0.1:4711',
  startedAt: START,
  endedAt: START + 61_000,
  state: 'ended',
} as SessionRow;

const COMMAND = {
  type: 'command',
  command: 1,
  text: 'DELETE FROM t\nWHERE note = \u001b]0;owned\u0007$1',
  class: ['write'],
  verb: 'DELETE',
  relations: ['public.t'],
  parameters: [null],
  ruling: 'hold',
  rule: ['ask first'],
  shadow: [],
  config: 'abc',
} as const;

const RECORD: readonly Replayed[] = [
  { kind: 'command', at: START + 1_500, command: COMMAND },
  { kind: 'event', at: START + 2_000, event: { type: 'released', at: START + 2_000, command: 1, approval: 'ap_1' } },
  { kind: 'item', at: START + 2_100, item: { type: 'columns', at: START + 2_100, names: ['id'] } },
  { kind: 'item', at: START + 2_100, item: { type: 'row', at: START + 2_100, cells: ['7'] } },
  { kind: 'item', at: START + 2_200, item: { type: 'done', at: START + 2_200, tag: 'DELETE 1' } },
  { kind: 'event', at: START + 2_200, event: { type: 'result', at: START + 2_200, rows: 1, duration_ms: 100, masked: { cards: 2 } } },
  { kind: 'item', at: START + 3_000, item: { type: 'error', at: START + 3_000, code: '42501', message: 'no' } },
];

test('a record is shown in order, with its clock and nothing that a terminal would act on', () => {
  const printer = new ReplayPrinter(SESSION, Infinity);
  const text = [printer.head(), ...RECORD.map((each) => printer.show(each)), printer.end()].join('');
  const lines = text.replace(/\u001b\[\d+m/g, '').split('\n');
  expect(lines[0]).toBe('s_1: copilot for alice at shop-db, from 127.0.0.1:4711');
  expect(lines.slice(2)).toEqual([
    '',
    '   1.500  DELETE FROM t',
    '          WHERE note = \\x1b]0;owned\\x07$1',
    '          $1 = NULL',
    '          hold by ask first',
    '   2.000  released: approval ap_1',
    'id',
    '──',
    '7',
    '   2.200  DELETE 1',
    '          1 rows · 100 ms · 2 masked by cards',
    '   3.000  ERROR 42501: no',
    '',
    '  61.000  ended',
    '',
  ]);
});
