import type { Command } from 'commander';

/**
 * Moves the words that name the sub-command to the front, so that options may stand before, between
 * or after them: `--json sessions list`, `sessions --json list`, `sessions list --json`.
 *
 * An option takes a value either in every command or in none; a test keeps it so.
 */
export function commandFirst(program: Command, argv: readonly string[]): string[] {
  const valued = valuedFlags(program);
  const words: string[] = [];
  const rest: string[] = [];
  let command = program;
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at] ?? '';
    if (argument === '--') return [...words, ...rest, ...argv.slice(at)];
    const next = argument.startsWith('-') ? undefined : command.commands.find((child) => child.name() === argument);
    if (next !== undefined) {
      words.push(argument);
      command = next;
      continue;
    }
    rest.push(argument);
    const value = argv[at + 1];
    if (valued.has(argument) && value !== undefined) {
      rest.push(value);
      at += 1;
    }
  }
  return [...words, ...rest];
}

/** Every flag of the whole program that is followed by a value. */
function valuedFlags(command: Command): Set<string> {
  const own = command.options.filter((option) => option.required).map((option) => option.long ?? '');
  return new Set([...own, ...command.commands.flatMap((child) => [...valuedFlags(child)])]);
}
