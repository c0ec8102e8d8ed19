import type { ParserSettings } from '../classify/analysis.ts';

/** By the set itself: a session's settings stay the same object while nothing changes. */
const MODES = new WeakMap<ReadonlySet<string>, string>();
const UNKNOWN: ReadonlySet<string> = new Set();

/** The session's `sql_mode` as one text, whatever the order the server named it in. */
export function modesOf({ sqlMode = UNKNOWN }: ParserSettings): string {
  let modes = MODES.get(sqlMode);
  if (modes === undefined) {
    modes = [...sqlMode].sort().join();
    MODES.set(sqlMode, modes);
  }
  return modes;
}

/** A text means the same under both. */
export function sameReading(a: ParserSettings, b: ParserSettings): boolean {
  return a === b || (modesOf(a) === modesOf(b) && a.characterSet === b.characterSet);
}
