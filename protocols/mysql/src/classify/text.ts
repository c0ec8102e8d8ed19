import type { ParserSettings } from './analysis.ts';
import { lex, type TokenKind } from './lexer.ts';
import { Refusal } from './refusal.ts';
import { anyServer } from './version-comments.ts';

const LARGEST_PLAIN_INTEGER_DIGITS = 9;
/** A longer text is known by its length alone: few come again with other literals, and folding them takes long. */
const SHAPE_CHARACTERS = 64 << 10;

/**
 * Folds a text into its literal-free form. Placeholders cannot be mistaken for what was written: no literal survives,
 * and a digit begins a token only where a number stood. Version comments that any server runs stay.
 *
 * @throws Refusal for what cannot be cut
 */
export function shapeOf(text: string, settings: ParserSettings): string {
  if (text.length > SHAPE_CHARACTERS) return lengthAlone(text);
  let shape = '';
  let gap = false;
  lex(text, { settings, reading: anyServer }, (kind, start, end) => {
    if (kind === 'space' || kind === 'comment') {
      gap = true;
      return;
    }
    if (shape !== '' && gap) shape += ' ';
    gap = false;
    if (kind === 'string') shape += stringPlaceholder(text, start);
    else if (kind === 'number') shape += /^\d+$/.test(text.slice(start, end)) && end - start <= LARGEST_PLAIN_INTEGER_DIGITS ? '0' : '0.0';
    else shape += text.slice(start, end);
  });
  return shape;
}

/** In place of a shape; a comment, which no shape has. */
export const lengthAlone = (text: string): string => `-- ${text.length} characters`;

/** A prefix decides what kind of literal it is. */
function stringPlaceholder(text: string, start: number): string {
  const first = text.charAt(start);
  return first === "'" || first === '"' ? "'?'" : `${first.toUpperCase()}'?'`;
}

/**
 * The text with its white space kept, literals as `?` and comments gone: recordable whatever it says. Never throws: from
 * where a text cannot be cut on, nothing of it is left, and every quoted name before that is blanked too.
 *
 * @param kept where the literals begin that stay
 */
export function blank(text: string, settings: ParserSettings, kept?: ReadonlySet<number>): string {
  try {
    return blanked(text, settings, (kind, start) => kind === 'name' || kept?.has(start) === true);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return beforeRefusal(text, settings);
  }
}

type Keep = (kind: TokenKind, start: number) => boolean;

function blanked(text: string, settings: ParserSettings, keep: Keep, cut?: (soFar: string) => void): string {
  let result = '';
  lex(text, { settings, reading: anyServer }, (kind, start, end) => {
    const written = text.slice(start, end);
    if (kind === 'comment') result += ' ';
    else if (kind === 'string') result += keep(kind, start) ? written : stringPlaceholder(text, start);
    else if (kind === 'number') result += keep(kind, start) ? written : '?';
    else if (kind === 'name' || kind === 'variable') result += /['"`]/.test(written) && !keep('name', start) ? '`?`' : written;
    else result += written;
    cut?.(result);
  });
  return result;
}

function beforeRefusal(text: string, settings: ParserSettings): string {
  let before = '';
  try {
    blanked(
      text,
      settings,
      () => false,
      (soFar) => {
        before = soFar;
      },
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return `${before}…`;
}
