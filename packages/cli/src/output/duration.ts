import { CliError, EXIT } from '../exit.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * `500ms`, `30s`, `10m`, `8h`, `90d`, and joined ones such as `1h30m`.
 *
 * @returns milliseconds.
 * @throws CliError with exit code 2
 */
export function parseDuration(text: string): number {
  const whole = /^(\d+(?:\.\d+)?(?:ms|[smhd]))+$/;
  if (!whole.test(text)) throw new CliError(`'${text}' is no duration. Write 30s, 10m, 8h or 90d.`, EXIT.usage);
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) sum += Number(amount) * (UNITS[unit ?? ''] ?? 0);
  return sum;
}

/** Two significant units at most: `340 ms`, `1.2 s`, `3m 20s`, `2h 5m`, `4d 1h`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return pair(seconds, 60, 'm', 1, 's');
  if (seconds < 86_400) return pair(seconds, 3_600, 'h', 60, 'm');
  return pair(seconds, 86_400, 'd', 3_600, 'h');
}

function pair(seconds: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)}${bigUnit}${rest > 0 ? ` ${rest}${smallUnit}` : ''}`;
}
