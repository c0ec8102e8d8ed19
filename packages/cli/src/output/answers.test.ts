import type { ExecItem } from '@sallyport/core';
import { jsonPrinter, printItem, type ResultPrinter, tablePrinter } from './results.ts';

function printed(printer: ResultPrinter, type: string, ...parts: readonly (string | Buffer)[]): string {
  const fields = [
    ['content-type', type],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ] as const;
  const items: ExecItem[] = [
    { type: 'answer', version: '1.1', status: 200, reason: 'OK', fields },
    ...parts.map((data) => ({ type: 'content', data: Buffer.from(data) }) as const),
    { type: 'exit', status: 0 },
  ];
  return [...items.map((item) => printItem(printer, item)), printer.end()].join('');
}

test('the content alone, byte by byte for a program and harmless for a terminal', () => {
  const parts = ['{"a":"\u001b[2J"}\r\n', Buffer.from('h\u00e9').subarray(0, 2), Buffer.from('h\u00e9').subarray(2)];
  expect(printed(tablePrinter(80), 'text/plain', ...parts)).toBe('{"a":"\\x1b[2J"}\nh\u00e9');
  expect(printed(tablePrinter(80, true), 'text/plain', 'a\u001b')).toBe('a\u001b');
});

test.each([
  [
    'application/json; charset=utf-8',
    '{"id": 12345678901234567890,\r\n"at":"\u202e\u007f"}',
    '{"id": 12345678901234567890, \n"at":"\\u202e\\u007f"}',
  ],
  ['application/problem+json', '[]', '[]'],
  ['application/json', 'not json', '"not json"'],
  ['text/plain', '{}', '"{}"'],
  ['image/png', Buffer.from([0xff, 0]), '{"base64":"/wA="}'],
  ['text/plain', '', '""'],
])('as JSON with its status and headers: %s %j', (type, content, body) => {
  const text = printed(jsonPrinter(), type, content);
  expect(text).toBe(`{"status":200,"headers":{"content-type":"${type}","set-cookie":["a=1","b=2"]},"body":${body}}\n`);
  expect(() => JSON.parse(text)).not.toThrow();
});
