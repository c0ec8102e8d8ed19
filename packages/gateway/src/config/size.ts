const UNITS = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;
const FORM = /^(\d{1,6})(KiB|MiB|GiB)$/;

/** What {@link parseSize} reads of texts, for JSON Schema. */
export const SIZE_PATTERN: RegExp = FORM;

/**
 * An amount of bytes as people write it: `10MiB`, `512KiB`, or a bare number.
 *
 * @returns bytes; undefined for a text that is no such amount.
 */
export function parseSize(text: string | number): number | undefined {
  if (typeof text === 'number') return text;
  const [, amount, unit] = FORM.exec(text) ?? [];
  return unit === undefined ? undefined : Number(amount) * UNITS[unit as keyof typeof UNITS];
}
