import type { Analysis, ParserSettings, StatementAnalysis } from './analysis.ts';
import { BoundedCache } from './cache.ts';
import { ParserThread } from './parser-thread.ts';
import { blank, type Shape, shapeOf } from './text.ts';

/** Longer texts are not parsed: a megabyte of SQL takes half a second and 100 MB. */
const TEXT_CHARACTERS = 1 << 20;
const CACHE_BYTES = 32 << 20;
/** What an entry costs besides its strings. */
const ENTRY_BYTES = 512;

/** Says what a text does, from its syntax alone. Shared by all sessions. */
export interface Classifier {
  /**
   * Synchronous for a text whose like was seen before. Never throws and never rejects: what cannot
   * be understood comes back with its {@link Analysis.failure} and is to be judged as `unknown`.
   */
  analyse(text: string, settings: ParserSettings): Analysis | Promise<Analysis>;
  close(): Promise<void>;
}

/** What is known of a shape: what all its texts do, or that their literals matter. */
type Known = readonly StatementAnalysis[] | 'by value';

export function createClassifier(): Classifier {
  const thread = new ParserThread();
  const cache = new BoundedCache<Known>(CACHE_BYTES);

  async function parse(text: string, settings: ParserSettings, form: Shape, keys: Keys): Promise<Analysis> {
    const answer = await thread.parse(text);
    if ('failure' in answer) return { ...failed(text, settings, form.shape, answer.failure), ...(answer.syntax && { syntaxError: true }) };
    const statements = JSON.parse(answer.statements) as readonly StatementAnalysis[];
    const size = answer.statements.length * 2 + ENTRY_BYTES;
    const byValue = answer.byValue || !form.certain;
    if (byValue && form.certain) cache.set(keys.shape, 'by value', keys.shape.length * 2 + ENTRY_BYTES);
    const key = byValue ? keys.text : keys.shape;
    cache.set(key, statements, size + key.length * 2);
    return understood(text, settings, form.shape, statements, byValue);
  }

  return {
    analyse(text, settings) {
      const refused = unreadable(text);
      if (refused !== undefined) return failed(text.slice(0, TEXT_CHARACTERS), settings, undefined, refused);
      const form = shapeOf(text, settings.standardConformingStrings);
      if (form.backslash && !settings.standardConformingStrings) {
        return failed(text, settings, form.shape, "A backslash in '…' is ambiguous while standard_conforming_strings is off: write E'…'.");
      }
      const keys = keysOf(text, settings, form);
      const like = form.certain ? cache.get(keys.shape) : 'by value';
      const byValue = like === 'by value';
      const known = byValue ? cache.get(keys.text) : like;
      if (known === undefined || known === 'by value') return parse(text, settings, form, keys);
      return understood(text, settings, form.shape, known, byValue);
    },
    close: () => thread.close(),
  };
}

interface Keys {
  readonly shape: string;
  readonly text: string;
}

/** Everything that decides how a text is read is in its key. */
function keysOf(text: string, settings: ParserSettings, form: Shape): Keys {
  const dialect = `${settings.standardConformingStrings ? '' : 'off '}${settings.serverVersion}\0`;
  return { shape: `s${dialect}${form.shape}`, text: `t${dialect}${text}` };
}

function unreadable(text: string): string | undefined {
  if (text.length > TEXT_CHARACTERS)
    return `The statement is longer than ${TEXT_CHARACTERS} characters: load data with COPY, or in smaller parts.`;
  if (text.includes('\0')) return 'The statement contains a zero byte.';
  return text.isWellFormed() ? undefined : 'The statement is not valid Unicode.';
}

function failed(text: string, settings: ParserSettings, shape: string | undefined, failure: string): Analysis {
  const blanked = blank(text, settings.standardConformingStrings, true);
  return { statements: [], shape: shape ?? blanked, blanked, failure };
}

/** A text's analysis; what only some callers want is made when asked for. */
function understood(
  text: string,
  settings: ParserSettings,
  shape: string,
  statements: readonly StatementAnalysis[],
  byValue: boolean,
): Analysis {
  let blanked: string | undefined;
  return {
    statements,
    shape,
    ...(byValue && { byValue }),
    get blanked(): string {
      blanked ??= blank(text, settings.standardConformingStrings, false);
      return blanked;
    },
  };
}
