import { CliError, EXIT } from '../exit.ts';

/** A whole number above zero. @throws CliError with exit code 2 */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new CliError(`'${text}' is no whole number above zero.`, EXIT.usage);
  return count;
}

/** `1 session`, `2 sessions`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
