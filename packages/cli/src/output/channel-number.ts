import { CliError, EXIT } from '../exit.ts';

/** A channel of an SSH session. @throws CliError with exit code 2 */
export function parseChannel(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CliError(`'${text}' is no channel. They count from 0.`, EXIT.usage);
  return Number(text);
}
