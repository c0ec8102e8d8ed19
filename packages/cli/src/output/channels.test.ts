import { ChannelPrinter } from './channels.ts';

const bytes = (text: string) => Buffer.from(text);

test('channels as lines: what ran, what it said, how it ended', () => {
  const printer = new ChannelPrinter((at) => `${at} `);
  const text = [
    printer.show({ type: 'program', at: 1, channel: 0, kind: 'exec', command: 'ls\u001b]0;x\u0007' }),
    printer.show({ type: 'output', at: 2, channel: 0, stream: 'stdout', data: bytes('a\u202e\nb') }),
    printer.show({ type: 'output', at: 3, channel: 0, stream: 'stderr', data: bytes('\u001b[31moops\n') }),
    printer.show({ type: 'exit', at: 4, channel: 0, status: 2, signal: null }),
    printer.show({ type: 'screen', at: 5, channel: 1, columns: 80, rows: 24 }),
    printer.show({ type: 'program', at: 5, channel: 1, kind: 'shell', command: '' }),
    printer.show({ type: 'output', at: 6, channel: 1, stream: 'stdout', data: bytes('$ lx\bs\r\n') }),
    printer.show({ type: 'exit', at: 7, channel: 1, status: null, signal: 'HUP' }),
  ].join('');
  expect(text.replaceAll(/\u001b\[\d+m/g, '').split('\n')).toEqual([
    '1 channel 0  exec',
    'a\\u202e',
    'channel 0 stderr:',
    'oops',
    'channel 0 stdout:',
    'b',
    '4 channel 0  exit 2',
    '5 channel 1  80x24',
    '5 channel 1  shell',
    '$ ls',
    '7 channel 1  ended by HUP',
    '',
  ]);
});

test('only one channel', () => {
  const printer = new ChannelPrinter(() => '', 1);
  expect(printer.show({ type: 'output', at: 2, channel: 0, stream: 'stdout', data: bytes('a\n') })).toBe('');
  expect(printer.show({ type: 'output', at: 2, channel: 1, stream: 'stdout', data: bytes('b\nc') })).toContain('b\n');
  expect(printer.end()).toContain('c\n');
});
