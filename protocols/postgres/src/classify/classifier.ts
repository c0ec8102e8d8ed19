import { hash } from 'node:crypto';
import type { Analysis, ParserSettings, StatementAnalysis } from './analysis.ts';
import { BoundedCache } from './cache.ts';
import { ParserThread } from './parser-thread.ts';
import { type Shape, shapeOf } from './text.ts';

/** Longer texts are not parsed: a megabyte of SQL takes half a second and 100 MB. */
const TEXT_CHARACTERS = 1 << 20;
/** A longer text is known by its hash alone: few come again with other literals, and folding them takes long. */
const SHAPE_CHARACTERS = 64 << 10;
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

  async function parse(text: string, form: Shape, keys: Keys): Promise<Analysis> {
    const answer = await thread.parse(text);
    if ('failure' in answer) return { ...failed(text, answer.failure), ...(answer.syntax && { syntaxError: true }) };
    const statements = JSON.parse(answer.statements) as readonly StatementAnalysis[];
    const size = answer.statements.length * 2 + ENTRY_BYTES;
    const byValue = answer.byValue || !form.certain;
    if (byValue && form.certain) cache.set(keys.shape, 'by value', keys.shape.length * 2 + ENTRY_BYTES);
    const key = byValue ? keys.text : keys.shape;
    cache.set(key, statements, size + key.length * 2);
    return understood(form.shape, statements, byValue);
  }

  return {
    analyse(text, settings) {
      const refused = unreadable(text);
      if (refused !== undefined) return failed(text, refused);
      const form = formOf(text, settings);
      if (form.backslash && !settings.standardConformingStrings) {
        return failed(text, "A backslash in '…' is ambiguous while standard_conforming_strings is off: write E'…'.");
      }
      const keys = keysOf(text, settings, form);
      const like = form.certain ? cache.get(keys.shape) : 'by value';
      const byValue = like === 'by value';
      const known = byValue ? cache.get(keys.text) : like;
      if (known === undefined || known === 'by value') return parse(text, form, keys);
      return understood(form.shape, known, byValue);
    },
    close: () => thread.close(),
  };
}

interface Keys {
  readonly shape: string;
  readonly text: string;
}

function formOf(text: string, { standardConformingStrings }: ParserSettings): Shape {
  if (text.length <= SHAPE_CHARACTERS) return shapeOf(text, standardConformingStrings);
  const { backslash } = standardConformingStrings ? { backslash: false } : shapeOf(text, false);
  return { shape: lengthAlone(text), certain: false, backslash };
}

/** Everything that decides how a text is read is in its key. */
function keysOf(text: string, settings: ParserSettings, form: Shape): Keys {
  const dialect = `${settings.standardConformingStrings ? '' : 'off '}${settings.serverVersion}\0`;
  const own = text.length <= SHAPE_CHARACTERS ? `t${dialect}${text}` : `h${dialect}${hash('sha256', text)}`;
  return { shape: `s${dialect}${form.shape}`, text: own };
}

function unreadable(text: string): string | undefined {
  if (text.length > TEXT_CHARACTERS)
    return `The statement is longer than ${TEXT_CHARACTERS} characters: load data with COPY, or in smaller parts.`;
  if (text.includes('\0')) return 'The statement contains a zero byte.';
  return text.isWellFormed() ? undefined : 'The statement is not valid Unicode.';
}

function failed(text: string, failure: string): Analysis {
  return { statements: [], shape: lengthAlone(text), failure };
}

function understood(shape: string, statements: readonly StatementAnalysis[], byValue: boolean): Analysis {
  return { statements, shape, ...(byValue && { byValue }) };
}

/** In place of a shape; a comment, which no shape has. */
const lengthAlone = (text: string): string => `-- ${text.length} characters`;
