import type { Classification, CommandClass } from '@sallyport/core';
import type { Analysis, ParserSettings, StatementAnalysis } from './analysis.ts';
import { Cursor } from './cursor.ts';
import { lex, unreadableSettings } from './lexer.ts';
import { type Grammar, Parse } from './parse.ts';
import { query, queryRest } from './queries.ts';
import { joined } from './readings.ts';
import { Refusal, refuse } from './refusal.ts';
import { statement } from './statements.ts';
import { lengthAlone, shapeOf } from './text.ts';
import { Tokens } from './tokens.ts';
import { settingsAfter } from './variables.ts';
import { anyServer, type Reading, serverReading, type VersionComment } from './version-comments.ts';

/** Longer texts are not judged: they take a tenth of a second. mysqldump writes statements of one megabyte. */
const TEXT_CHARACTERS = 4 << 20;
const STATEMENTS = 10_000;
/** Texts within texts: PREPARE of PREPARE. */
const TEXT_DEPTH = 3;
/** Ways in which servers of different versions may read one text. */
const READINGS = 8;

/** Statements whose literals are values and nothing else. */
const PLAIN_VERBS: ReadonlySet<string> = new Set('SELECT INSERT REPLACE UPDATE DELETE BEGIN COMMIT ROLLBACK'.split(' '));

/**
 * Says what a text does, from its syntax alone. Synchronous, in time linear in the text's length, and never throws: what
 * is not understood comes back with its {@link Analysis.failure}.
 *
 * @param text decoded from the wire without throwing and with its byte order mark: bytes that are no UTF-8 may have
 * become U+FFFD
 */
export function analyse(text: string, settings: ParserSettings): Analysis {
  return analyseAt(text, settings, 0);
}

function analyseAt(text: string, settings: ParserSettings, depth: number): Analysis {
  try {
    const refused = unreadable(text) ?? unreadableSettings(settings);
    if (refused !== undefined) return failed(text, refused);
    const readings = readingsOf(text, settings);
    const statements = readings.map((reading) => statementsOf(text, settings, reading, depth)).reduce(joined);
    const shape = shapeOf(text, settings);
    return {
      statements: statements.map(({ analysis }) => analysis),
      shape,
      ...(statements.some(({ byValue }) => byValue) && { byValue: true }),
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failed(text, error.message);
  }
}

function failed(text: string, failure: string): Analysis {
  return { statements: [], shape: lengthAlone(text), failure };
}

function unreadable(text: string): string | undefined {
  if (text.length > TEXT_CHARACTERS)
    return `The statement is longer than ${TEXT_CHARACTERS} characters: use a prepared statement with parameters, or smaller parts.`;
  return text.isWellFormed() ? undefined : 'The statement is not valid Unicode.';
}

const VERSION_COMMENT = /\/\*M?!/;

/** All ways in which the server may read a text with version comments: its own first, everything that might run last. */
function readingsOf(text: string, settings: ParserSettings): readonly Reading[] {
  if (!VERSION_COMMENT.test(text)) return [anyServer];
  const seen: VersionComment[] = [];
  const all: Reading = (comment) => {
    seen.push(comment);
    return anyServer(comment);
  };
  lex(text, { settings, reading: all }, () => undefined);
  if (seen.length === 0) return [anyServer];
  const versions = settings.version === undefined ? [0, ...seen.map(({ version }) => version ?? 0)] : [settings.version];
  const readings = new Map<string, Reading>();
  for (const reading of [...new Set(versions)].sort((a, b) => a - b).map((version) => serverReading(settings.family, version))) {
    readings.set(seen.map(reading).join(), reading);
    if (readings.size > READINGS) refuse('The text has comments for too many server versions.');
  }
  const last = seen.map(anyServer).join();
  readings.delete(last);
  return [...readings.values(), anyServer];
}

/** A statement's analysis, and whether it holds for the text's exact literals only. */
export interface Analysed {
  readonly analysis: StatementAnalysis;
  readonly byValue: boolean;
}

function statementsOf(text: string, settings: ParserSettings, reading: Reading, depth: number): readonly Analysed[] {
  const tokens = new Tokens(text, { settings, reading });
  const cursor = new Cursor(tokens, settings.sqlMode?.has('NO_BACKSLASH_ESCAPES') !== true);
  const found: Analysed[] = [];
  let current: ParserSettings | undefined = settings;
  for (;;) {
    while (cursor.accept(';'));
    if (cursor.at >= tokens.count) return found;
    if (current === undefined || !readsAlike(text, settings, current)) {
      refuse('A statement changes how the rest of its text is read: send it as a text of its own.');
    }
    if (found.length >= STATEMENTS) refuse(`The text has more than ${STATEMENTS} statements: send it in smaller parts.`);
    const one = parsed(new Parse(cursor, current, grammarAt(depth)));
    if (!cursor.ended) cursor.fail();
    found.push(one);
    current = settingsAfter(current, one.analysis);
  }
}

/** Whether a text that was cut with the one is cut so with the other. */
function readsAlike(text: string, one: ParserSettings, other: ParserSettings): boolean {
  if (one.sqlMode !== other.sqlMode) {
    if (unreadableSettings(other) !== undefined) return false;
    for (const mode of ['ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES', 'IGNORE_SPACE']) {
      if (one.sqlMode === undefined || one.sqlMode.has(mode) !== other.sqlMode?.has(mode)) return false;
    }
  }
  const ascii = (): boolean => Buffer.byteLength(text) === text.length;
  return (
    one.characterSet === other.characterSet || (one.characterSet.startsWith('utf8') && other.characterSet.startsWith('utf8')) || ascii()
  );
}

function grammarAt(depth: number): Grammar {
  return {
    query,
    queryRest,
    statement,
    text: (parse, text) => {
      if (depth >= TEXT_DEPTH) refuse('The text holds texts within texts.');
      return analyseAt(text, parse.settings, depth + 1);
    },
  };
}

function parsed(parse: Parse): Analysed {
  const { cursor, survey, outermost } = parse;
  const start = cursor.tokens.start(cursor.at);
  statement(parse);
  const byValue = survey.byValue || !PLAIN_VERBS.has(parse.verb) || survey.classes.has('admin');
  const analysis: StatementAnalysis = {
    verb: parse.verb,
    verbs: [...new Set([parse.verb, ...survey.verbs])],
    class: [...survey.classes],
    relations: [...survey.relations.values()],
    routines: [...survey.routines.values()],
    aliases: [...survey.aliases],
    unfiltered: survey.unfiltered,
    copies: survey.copies,
    sets: survey.sets,
    unsettles: survey.unsettles,
    collected: survey.collected,
    opaque: survey.opaque,
    describes: survey.describes,
    assigns: survey.assigns,
    secret: survey.secret,
    start,
    end: cursor.tokens.end(cursor.at - 1),
    ...(survey.reason !== undefined && { reason: survey.reason }),
    flat: false,
    ...outermost,
  };
  return { analysis, byValue };
}

/** What policy judges of a text: all its statements taken together. */
export function classificationOf({ statements, failure }: Analysis): Classification {
  const classes = new Set<CommandClass>(statements.flatMap((one) => one.class));
  if (failure !== undefined) classes.add('unknown');
  if (classes.size === 0) classes.add('session'); // an empty text
  const names = statements.flatMap((one) => one.relations.map(({ schema, name }) => (schema === undefined ? name : `${schema}.${name}`)));
  const reason = failure ?? statements.find((one) => one.reason !== undefined)?.reason;
  return {
    class: [...classes],
    verbs: [...new Set(statements.flatMap((one) => one.verbs))],
    relations: [...new Set(names)].sort(),
    unfiltered: statements.some((one) => one.unfiltered),
    ...(reason !== undefined && { reason }),
  };
}
