import type { ParserSettings } from './analysis.ts';
import { refuse } from './refusal.ts';

/**
 * A comment that begins with an exclamation mark, a version perhaps behind it, or with `M!`: code for some
 * servers, a comment for others.
 * https://dev.mysql.com/doc/refman/8.4/en/comments.html, https://mariadb.com/kb/en/comment-syntax/
 */
export interface VersionComment {
  /** Where its content begins. */
  readonly content: number;
  /** Behind its end mark: the same for who runs it and for who skips it. */
  readonly end: number;
  /** Absent: every server runs it. */
  readonly version?: number;
  readonly mariadbOnly: boolean;
}

/** Which version comments are code. */
export type Reading = (comment: VersionComment) => boolean;

/** No server will have this version for a long time: mariadb-dump begins with such a comment. */
const NEVER = 990_000;
/** Versions that MariaDB leaves to MySQL. */
const MYSQL_ONLY = { from: 50_700, to: 99_999 };
const DIGITS = /\d{0,7}/y;

/** Everything that any server might run. */
export const anyServer: Reading = ({ version }) => version === undefined || version < NEVER;

/** What the server of this family and version runs. */
export function serverReading(family: ParserSettings['family'], server: number): Reading {
  return ({ version, mariadbOnly }) => {
    if (family === 'mysql') return !mariadbOnly && (version === undefined || version <= server);
    if (version === undefined) return true;
    return version <= server && (mariadbOnly || version < MYSQL_ONLY.from || version > MYSQL_ONLY.to);
  };
}

/** The version comment that begins at `start`; undefined for any other comment. */
export function versionComment(text: string, start: number, family: ParserSettings['family']): VersionComment | undefined {
  const mariadbOnly = text.startsWith('M!', start + 2);
  if (!mariadbOnly && text[start + 2] !== '!') return undefined;
  const content = start + (mariadbOnly ? 4 : 3);
  DIGITS.lastIndex = content;
  const written = DIGITS.exec(text)?.[0] ?? '';
  const end = skippedEnd(text, content);
  // A server of the other family takes it for a plain comment, which ends at the first mark.
  if (mariadbOnly && text.indexOf('*/', content) + 2 !== end) refuse('A version comment has a comment in it: leave one of them out.');
  if (written.length < 5) return { content, end, mariadbOnly };
  const digits = family === 'mysql' && !mariadbOnly && Number(written.slice(0, 5)) < NEVER / 10 ? 5 : 6;
  if (digits === 5 && written.length > 5) refuse('Servers disagree about a version comment of six digits: write five.');
  const version = written.slice(0, digits);
  return { content: content + version.length, end, version: Number(version), mariadbOnly };
}

/** Where a server stops skipping: comments may stand within, one level deep. */
function skippedEnd(text: string, content: number): number {
  const MARKS = /\/\*|\*\//g;
  MARKS.lastIndex = content;
  let inner = false;
  for (let mark = MARKS.exec(text); mark !== null; mark = MARKS.exec(text)) {
    if (mark[0] === '/*') inner = true;
    else if (inner) inner = false;
    else return MARKS.lastIndex;
  }
  return refuse('A comment has no end.');
}
