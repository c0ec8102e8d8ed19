const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const FORM = /^(?:\d{1,9}(?:ms|s|m|h|d|w))+$/;

/** What {@link parseDuration} reads, for JSON Schema. */
export const DURATION_PATTERN: RegExp = FORM;

/**
 * A length of time as people write it: `90s`, `10m`, `1h30m`, `90d`.
 *
 * @returns milliseconds; undefined when the text is no duration, or none at all (`0s`).
 */
export function parseDuration(text: string): number | undefined {
  if (!FORM.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([a-z]+)/g)) ms += Number(amount) * UNITS[unit as keyof typeof UNITS];
  return ms > 0 && Number.isSafeInteger(ms) ? ms : undefined;
}
