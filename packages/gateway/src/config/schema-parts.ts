import { z } from 'zod';
import { parseAddress } from './address.ts';
import { DURATION_PATTERN, parseDuration } from './duration.ts';
import { SIZE_PATTERN } from './size.ts';

/** A value or a list of values; lists mean any of. */
export function oneOrMore<T extends z.ZodType>(item: T): z.ZodUnion<[T, z.ZodArray<T>]> {
  return z.union([item, z.array(item).min(1)]);
}

/** The list behind {@link oneOrMore}. */
export function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** Targets and users: short enough for every client's user name, and free of `@`. */
export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'must begin with a letter or digit and go on with letters, digits, ".", "_" or "-", 63 at most',
  );

/** Names of rules and groups, and globs: anything on one line. */
export const label = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}+$/u, 'must not hold control characters');

/**
 * A name and a value, globs both, with a sign between them.
 *
 * @param form for the sentence about a text without the sign.
 */
export function field(separator: string, form: string): z.ZodString {
  return label.regex(new RegExp(`^[^\\s${separator}][^${separator}]*${separator}`), `must be ${form}`);
}

/** An amount of bytes. */
export const size = z.union([
  z.string().regex(SIZE_PATTERN, 'must be a size such as 10MiB, or a number of bytes'),
  z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
]);

/** @param atMostMs the longest that makes sense. */
export function duration(atMostMs: number): z.ZodString {
  return z
    .string()
    .regex(DURATION_PATTERN, 'must be a duration such as 90s, 10m, 1h30m or 90d')
    .refine((text) => !DURATION_PATTERN.test(text) || (parseDuration(text) ?? Number.POSITIVE_INFINITY) <= atMostMs, {
      error: `must be a duration above zero and at most ${Math.floor(atMostMs / 86_400_000)}d`,
    });
}

export const DAY_MS = 86_400_000;

/** Where the gateway listens. */
export const listenAddress = z
  .string()
  .refine((text) => parseAddress(text) !== undefined, { error: 'must be host:port, such as 127.0.0.1:15432 or [::1]:15432' });

/** Where the gateway connects to; the protocol knows a default port. */
export const peerAddress = z
  .string()
  .refine((text) => parseAddress(text, 1) !== undefined, { error: 'must be host or host:port, such as db.internal:5432' });

/** A path; relative ones start at the configuration file's folder. */
export const filePath = z.string().min(1);

export const labels = z.record(label, oneOrMore(label));
