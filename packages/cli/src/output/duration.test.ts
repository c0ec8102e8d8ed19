import { CliError } from '../exit.ts';
import { formatDuration, parseDuration } from './duration.ts';

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['1.5m', 90_000],
  ['1h30m', 5_400_000],
  ['90d', 7_776_000_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '10', 'm', '10 m', '-1s', '1w', '1h 30m'])('%j is refused as wrong usage', (text) => {
  expect(() => parseDuration(text)).toThrow(CliError);
  expect(() => parseDuration(text)).toThrow(expect.objectContaining({ exit: 2 }));
});

test.each([
  [0.42, '0.4 ms'],
  [340.6, '341 ms'],
  [1_240, '1.2 s'],
  [200_000, '3m 20s'],
  [7_500_000, '2h 5m'],
  [7_200_000, '2h'],
  [349_200_000, '4d 1h'],
])('%d ms reads %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
