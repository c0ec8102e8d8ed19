import { createHash } from 'node:crypto';
import type { SessionEvent, TextMask, TextRun } from '@sallyport/core';
import fc from 'fast-check';
import { findNumbers } from '../../test/find-numbers.ts';
import { type ChannelMessage, ChannelMessageDecoder } from '../recorded/channel-message.ts';
import { OutputRecord } from '../recorded/output-record.ts';
import { PlainMask } from './plain-mask.ts';
import { RECORD_HOLD_BACK_MS, TERMINAL_HOLD_BACK_MS, TerminalOutput } from './terminal-output.ts';

function setUp(columns: number | undefined, masks: readonly TextMask[] = [findNumbers], most = 1_000) {
  const decoder = new ChannelMessageDecoder();
  const recorded: ChannelMessage[] = [];
  const events: SessionEvent[] = [];
  const counted: string[] = [];
  const clock = { now: 1_000 };
  const record = new OutputRecord(
    { record: (_, data) => recorded.push(...decoder.push(data)), note: (event) => void events.push(event) },
    most,
  );
  const output = new TerminalOutput({
    channel: 2,
    stream: 'stdout',
    mask: masks[0],
    columns,
    record,
    count: (rule) => counted.push(rule),
    now: () => clock.now,
  });
  const push = (text: string) => output.push(Buffer.from(text)).toString();
  const type = (text: string) => output.typed(Buffer.from(text));
  return { output, record, recorded, events, counted, clock, push, type };
}
const data = (text: string) => ({ type: 'data', channel: 2, data: Buffer.from(text) });

test('without masks both ways get all at once', () => {
  const { output, push, recorded } = setUp(80, [], 1_000);
  expect(push('pass')).toBe('pass');
  expect(output.holds || output.unsettled).toBe(false);
  expect(recorded).toEqual([data('pass')]);
  expect(output.end().length).toBe(0);
});

test('without a terminal the client waits until nothing comes, and the record longer', () => {
  const { output, push, recorded, counted } = setUp(undefined);
  expect(push('a 123-45')).toBe('a ');
  expect(output.holds).toBe(true);
  expect(output.flush().toString()).toBe('123-45');
  expect(output.holds).toBe(false);
  expect(push('-6789')).toBe('');
  expect(output.end().toString()).toBe('[number]');
  expect(recorded).toEqual([data('a '), data('[number]')]);
  expect(counted).toEqual(['numbers']);
});

test('what a program without a terminal said last is recorded once somebody settles it', () => {
  const { output, push, recorded, clock } = setUp(undefined);
  push('123');
  expect(output.unsettled).toBe(true);
  clock.now += RECORD_HOLD_BACK_MS;
  output.settle();
  expect(output.unsettled).toBe(false);
  expect(recorded).toEqual([{ type: 'late', channel: 2, milliseconds: RECORD_HOLD_BACK_MS }, data('123')]);
});

test('without a terminal the client sees what a mask of its own would show it, whenever it stops waiting', () => {
  const step = fc.oneof(
    fc.constantFrom('123', '-45', '-', '6789', 'a ', '\n', ' 123-45-6789 ', '123-4').map(Buffer.from),
    fc.constantFrom('flush', 'settle'),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { output } = setUp(undefined, [findNumbers], 1_000_000);
      const own = new PlainMask(findNumbers, () => undefined);
      const [seen, expected]: [Buffer[], Buffer[]] = [[], []];
      for (const each of steps) {
        if (each === 'settle') {
          output.settle();
          continue;
        }
        seen.push(typeof each === 'string' ? output.flush() : output.push(each));
        expected.push(...(typeof each === 'string' ? own.release() : own.push(each, 0)).map(({ bytes }) => bytes));
      }
      seen.push(output.end());
      expected.push(...own.end().map(({ bytes }) => bytes));
      expect(Buffer.concat(seen).toString()).toBe(Buffer.concat(expected).toString());
    }),
    { numRuns: 2_000 },
  );
});

test('what passes without a terminal is searched once', () => {
  let searched = 0;
  const counting: TextMask = {
    ...findNumbers,
    runs() {
      const runs = findNumbers.runs();
      const push = (bytes: Buffer): readonly TextRun[] => {
        searched += bytes.length;
        return runs.push(bytes);
      };
      return { push, flush: () => runs.flush() };
    },
  };
  const { push, output } = setUp(undefined, [counting]);
  for (let line = 0; line < 100; line += 1) push('123-45-6789 and more\n');
  output.end();
  expect(searched).toBe(2_100);
});

test('a slowly typed secret is seen, and not recorded', () => {
  const { output, push, recorded, counted, clock } = setUp(80);
  let seen = push('$ ');
  for (const key of '123-45-6789') {
    clock.now += 4 * TERMINAL_HOLD_BACK_MS;
    seen += push(key);
    expect(output.holds).toBe(true);
    seen += output.flush().toString();
  }
  expect(seen.startsWith('$ 123-45-678')).toBe(true);
  expect(recorded).toEqual([]);
  clock.now = 4_000;
  push('\r\n');
  const all = recorded.map((message) => (message.type === 'data' ? message.data.toString() : message.type));
  expect(all).toEqual(['late', '$ ', 'late', '[number]', '\r\n']);
  expect(recorded[0]).toEqual({ type: 'late', channel: 2, milliseconds: 3_000 });
  expect(counted).toEqual(['numbers']);
});

describe('the echo of a key that the client typed', () => {
  test('is seen at once, and recorded as ever', () => {
    const { output, push, type, recorded } = setUp(80);
    push('$ ');
    output.flush();
    for (const key of ['1', 'é', ' ', 'l']) {
      type(key);
      expect(push(key)).toBe(key);
      expect(output.holds).toBe(false);
    }
    expect(recorded).toEqual([]);
    push('\r\n');
    const said = recorded.flatMap((message) => (message.type === 'data' ? [message.data.toString()] : []));
    expect(said).toEqual(['$ 1é l\r\n']);
  });

  test('may come for several keys at once, and with colours', () => {
    const { push, type } = setUp(80);
    type('1');
    type('2');
    expect(push('\x1b[1m12\x1b[m')).toBe('\x1b[1m12\x1b[m');
  });

  test('may be a move or an erased character', () => {
    const { push, type } = setUp(80);
    for (const [key, echo] of [
      ['\x7f', '\b \b'],
      ['\x1b[D', '\b'],
      ['\x1b[C', '\x1b[C'],
      ['\x01', '\x07'],
    ] as const) {
      type(key);
      expect(push(echo)).toBe(echo);
    }
  });

  test('shows the beginning of what is hidden, and no more of it', () => {
    const { output, push, type } = setUp(80);
    type('1');
    expect(push('1')).toBe('1');
    expect(push('23-45-6789 ')).toBe('');
    expect(output.flush().toString()).toBe('[number] ');
  });

  test('is no reason to show what is held already', () => {
    const { output, push, type } = setUp(80);
    expect(push('123-45-678')).toBe('');
    type('9');
    expect(push('9')).toBe('');
    expect(output.end().toString()).toBe('[number]');
  });

  test('is not what comes behind other output, or behind Enter, or what was pasted', () => {
    const { output, push, type } = setUp(80);
    const held = (chunk: string): void => {
      expect(push(chunk)).toBe('');
      output.flush();
    };
    type('1');
    held('2');
    held('1');
    type('3');
    type('\r');
    held('3');
    type('12345');
    held('12345');
    type('4');
    held('45');
  });

  test('says nothing of a program without a terminal', () => {
    const { push, type } = setUp(undefined);
    type('1');
    expect(push('1')).toBe('');
  });
});

test('a quiet line is recorded with its time, once somebody settles it', () => {
  const { output, push, recorded, clock } = setUp(80);
  push('$ ');
  expect(output.unsettled).toBe(true);
  clock.now += RECORD_HOLD_BACK_MS;
  output.settle();
  expect(output.unsettled).toBe(false);
  expect(recorded).toEqual([{ type: 'late', channel: 2, milliseconds: RECORD_HOLD_BACK_MS }, data('$ ')]);
});

test('output beyond the bound passes, counted and digested', () => {
  const { record, push, recorded, events } = setUp(80, [], 6);
  expect(push('12345')).toBe('12345');
  expect(push('6789')).toBe('6789');
  expect(push('more')).toBe('more');
  record.end();
  expect(recorded).toEqual([data('12345'), data('6')]);
  const sha256 = createHash('sha256').update('789more').digest('hex');
  expect(events).toEqual([
    { type: 'output-limit', channel: 2, recorded: 6 },
    { type: 'output-dropped', bytes: 7, sha256 },
  ]);
});
