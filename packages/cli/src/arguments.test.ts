import type { Command } from 'commander';
import { commandFirst } from './arguments.ts';
import { createProgram } from './program.ts';

const SESSIONS_LIST = ['sessions', 'list', '--json', '--config', 'x.yaml'];

test.each([
  [['--json', '--config', 'x.yaml', 'sessions', 'list'], SESSIONS_LIST],
  [['sessions', '--json', '--config', 'x.yaml', 'list'], SESSIONS_LIST],
  [['sessions', 'list', '--json', '--config', 'x.yaml'], SESSIONS_LIST],
  [
    ['--config', 'sessions', 'sessions', 'list'],
    ['sessions', 'list', '--config', 'sessions'],
  ],
  [
    ['--database=a', 'exec', 'db', '--', '--json', 'sessions'],
    ['exec', '--database=a', 'db', '--', '--json', 'sessions'],
  ],
  [
    ['help', 'sessions'],
    ['sessions', 'help'],
  ],
  [
    ['nonsense', '--json'],
    ['nonsense', '--json'],
  ],
])('%j is understood as %j', (argv, ordered) => {
  expect(commandFirst(createProgram(), argv)).toEqual(ordered);
});

test('an option takes a value in every command or in none', () => {
  const flags = new Map<string, boolean>();
  for (const option of everyOption(createProgram())) {
    const known = flags.get(option.flag) ?? option.valued;
    expect([option.flag, option.valued]).toEqual([option.flag, known]);
    flags.set(option.flag, known);
  }
  expect(flags.get('--config')).toBe(true);
});

function everyOption(command: Command): { flag: string; valued: boolean }[] {
  const own = command.options.map((option) => ({ flag: option.long ?? '', valued: option.required }));
  return [...own, ...command.commands.flatMap(everyOption)];
}
