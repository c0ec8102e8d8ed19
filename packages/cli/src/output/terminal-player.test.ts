import type { ReplayItem } from '@sallyport/core';
import { TerminalPlayer } from './terminal-player.ts';

const screen = (channel: number, at = 0): ReplayItem => ({ type: 'screen', at, channel, columns: 20, rows: 3 });
const output = (channel: number, text: string, at = 0): ReplayItem => ({
  type: 'output',
  at,
  channel,
  stream: 'stdout',
  data: Buffer.from(text),
});
const exit = (channel: number): ReplayItem => ({ type: 'exit', at: 99, channel, status: 0, signal: null });

async function played(player: TerminalPlayer, items: readonly ReplayItem[]): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = [];
  for (const item of items) all.push(await player.play(item));
  return all;
}

test('plays the first channel that has a terminal, and no other', async () => {
  const player = new TerminalPlayer(0);
  const all = await played(player, [output(0, 'exec'), screen(1), output(1, 'sh\x1b[1mell\x1b]0;t\x07'), screen(2), output(2, 'other')]);
  expect(all).toEqual([undefined, '', 'sh\x1b[1mell', undefined, undefined]);
  expect(player.playing).toBe(true);
  expect(await player.play(exit(1))).toContain('\x1b[0m');
  expect(player.playing).toBe(false);
  expect(await player.play(screen(2))).toBeUndefined();
  expect(player.end()).toBe('');
});

test('plays the channel that was asked for', async () => {
  const player = new TerminalPlayer(0, 2);
  expect(await played(player, [screen(1), output(1, 'a'), screen(2), output(2, 'b')])).toEqual([undefined, undefined, '', 'b']);
});

test('begins with the screen as it was', async () => {
  const player = new TerminalPlayer(50);
  const all = await played(player, [screen(0), output(0, 'one\r\ntwo\r\nthree\r\nfour', 10), output(0, '!', 60), output(0, '?', 70)]);
  expect(all[1]).toBe('');
  const text = all[2]?.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, '');
  expect(text).toBe('two\r\nthree\r\nfour!');
  expect(all[2]?.startsWith('\x1b[0m\x1b[H\x1b[2J')).toBe(true);
  expect(all[3]).toBe('?');
});

test('a terminal that was over before leaves its last screen', async () => {
  const player = new TerminalPlayer(500);
  const all = await played(player, [screen(0), output(0, 'bye', 10), exit(0)]);
  expect(all[2]).toContain('bye');
});
