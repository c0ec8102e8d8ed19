/** Replaces what could move a cursor, reorder a line or hide in it. */
export function showable(text: string, atMost = 4096): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
  return shown.length <= atMost ? shown : `${shown.slice(0, atMost)}…`;
}
