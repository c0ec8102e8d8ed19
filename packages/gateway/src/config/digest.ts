import { createHash } from 'node:crypto';
import type { Config } from './config.ts';

/** A place where two configurations differ. No values: what stands there may be secret. */
export interface Change {
  /** `rules["no unfiltered deletes"].action` */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
}

/**
 * The file's content as JSON with sorted keys: equal for files that differ in comments, layout or
 * order of keys. A secret that stands in a demo's file is left out.
 */
export function canonicalise(content: unknown): string {
  return JSON.stringify(content, (key, value: unknown) => {
    if (!isObject(value)) return value;
    const pairs = Object.entries(key === 'credentials' ? withoutLiterals(value) : value);
    return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function withoutLiterals({ username, ...secrets }: Record<string, unknown>): Record<string, unknown> {
  const hidden = Object.entries(secrets).map(([key, value]) => [
    key,
    typeof value === 'string' && value.startsWith('${') ? value : '(literal)',
  ]);
  return { ...(username === undefined ? {} : { username }), ...Object.fromEntries(hidden) };
}

/** SHA-256 in hex. */
export function digestOf(canonical: string): string {
  return createHash('sha256').update(canonical).digest('hex');
}

/** Where two configurations differ; list entries with a `name` go by it. For the log entry of a reload. */
export function describeChanges(before: Pick<Config, 'canonical'>, after: Pick<Config, 'canonical'>): readonly Change[] {
  return [...compare(JSON.parse(before.canonical), JSON.parse(after.canonical), '')];
}

function* compare(before: unknown, after: unknown, path: string): Iterable<Change> {
  const left = entries(before);
  const right = entries(after);
  if (left === undefined || right === undefined) {
    if (JSON.stringify(before) !== JSON.stringify(after)) yield { path, change: 'changed' };
    return;
  }
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const at = path === '' ? key : `${path}${key.startsWith('[') ? '' : '.'}${key}`;
    if (!right.has(key)) yield { path: at, change: 'removed' };
    else if (!left.has(key)) yield { path: at, change: 'added' };
    else yield* compare(left.get(key), right.get(key), at);
  }
}

function entries(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value)) {
    const named = value.every((item) => isObject(item) && typeof item['name'] === 'string');
    return new Map(value.map((item, index) => [named ? `[${JSON.stringify(item.name)}]` : `[${index}]`, item]));
  }
  return isObject(value)
    ? new Map(Object.entries(value).map(([key, item]) => [/^[\w-]+$/.test(key) ? key : `[${JSON.stringify(key)}]`, item]))
    : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
