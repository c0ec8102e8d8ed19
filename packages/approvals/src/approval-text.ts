/** Characters of a command that an approver is shown; the rest is counted. */
export const MAX_COMMAND_CHARACTERS = 16_384;
/** Characters of a reason, a context value or a name. */
const MAX_LINE_CHARACTERS = 1_024;

// Controls, formats (bidirectional overrides, zero-width and tag characters), lone surrogates, private
// and unassigned code points, ignorable fillers, and every space but the plain one: all that can make a
// text look like another.
const DECEPTIVE = /[[\p{C}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}]--[ ]]/gv;
const DECEPTIVE_BUT_LINES = /[[\p{C}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}]--[ \n\t]]/gv;

/**
 * A text of several lines as it may be shown to who decides about it: what could deceive stands as
 * `\u{202e}`; line feeds and tabs stay; beyond the bound it says how much was cut.
 */
export function showText(text: string): string {
  return cut(text, MAX_COMMAND_CHARACTERS, DECEPTIVE_BUT_LINES);
}

/** As {@link showText} for what must stay within one line. */
export function showLine(text: string): string {
  return cut(text, MAX_LINE_CHARACTERS, DECEPTIVE);
}

/** Milliseconds as people write them: `90s`, `10m`, `1h`, `2d`. */
export function showDuration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const) {
    if (seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

function cut(text: string, limit: number, escaped: RegExp): string {
  const splitsPair = text.length > limit && /[\ud800-\udbff]/.test(text.charAt(limit - 1));
  const shown = text.slice(0, splitsPair ? limit - 1 : limit);
  const safe = shown.replace(escaped, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
  const lost = text.length - shown.length;
  return lost === 0 ? safe : `${safe} … [${lost} of ${text.length} characters are not shown]`;
}
