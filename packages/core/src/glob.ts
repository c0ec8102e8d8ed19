/** Says whether a text is one that a pattern means. */
export type Glob = (text: string) => boolean;

/** True where the pattern stands for more than one text. */
export function isPattern(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('?');
}

/**
 * Names as configuration and tokens write them: `*` is any run of characters, `?` is any one,
 * everything else is itself. The whole text must match; case counts. Takes at most
 * pattern × text steps, whatever the pattern.
 */
export function glob(pattern: string): Glob {
  if (pattern === '*') return () => true;
  if (!isPattern(pattern)) return (text) => text === pattern;
  return (text) => matches(pattern, text);
}

/** Any of the patterns. An absent list asks nothing; an empty one can never be met. */
export function anyOf(patterns: readonly string[] | undefined): Glob {
  if (patterns === undefined) return () => true;
  const globs = patterns.map(glob);
  return (text) => globs.some((matches) => matches(text));
}

/** Greedy with one point of return: only the last `*` ever has to give way. */
function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
