/** Controls (C0, DEL, C1), line separators, and what changes the direction of reading. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A text from elsewhere as one line that a terminal cannot take for a command: what is not seen is
 * written as an escape.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, escapeOf);
}

/** The same for a text of several lines, whose line breaks and tabs stay. */
export function visibleLines(text: string): string {
  return text.replace(UNSEEN, (character) => (character === '\n' || character === '\t' ? character : escapeOf(character)));
}

/** JSON that is safe on a terminal and equal for a program. */
export function toJson(value: unknown, indent?: number): string {
  return visibleJson(JSON.stringify(value, null, indent));
}

/** The same for JSON that is text already. */
export function visibleJson(json: string): string {
  // In JSON these three stand between values only.
  return json.replace(UNSEEN, (character) => (/[\n\r\t]/.test(character) ? character : unicodeEscape(character)).replace('\r', ' '));
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return SHORT[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character));
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
