import type { TextMask } from '@sallyport/core';
import type { Err } from '../codec/responses.ts';

/**
 * Errors that quote the command's own words, or nothing: names, syntax, privileges, locks. Every other one may quote a
 * value. https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 */
const TELLING_NOTHING: ReadonlySet<number> = new Set([
  1007, 1008, 1044, 1045, 1046, 1049, 1050, 1051, 1052, 1054, 1060, 1061, 1064, 1065, 1066, 1068, 1072, 1091, 1095, 1109, 1111, 1113, 1115,
  1136, 1142, 1143, 1146, 1149, 1205, 1213, 1222, 1227, 1235, 1243, 1247, 1248, 1267, 1295, 1305, 1317, 1318, 1370, 1419, 1451, 1452, 1568,
  1792, 1969, 3024, 4031,
]);
/**
 * Errors whose whole text is fixed but for words of the command: a trigger or procedure can give an error any number and
 * any text, but these tell no more than the client has written.
 */
const ECHOES: readonly RegExp[] = [
  /^You have an error in your SQL syntax; check the manual that corresponds to your (?:MySQL|MariaDB) server version for the right syntax to use near '(.*)' at line \d+$/s,
  /^Unknown column '(.*)' in '(?:field list|where clause|order clause|on clause|having clause|group statement|SET|SELECT|WHERE|ON)'$/s,
  /^Table '(.*)' doesn't exist$/s,
  /^Table '(.*)' already exists$/s,
  /^Unknown table '(.*)'$/s,
  /^Column '(.*)' specified twice$/s,
  /^Column '(.*)' cannot be null$/s,
  /^Duplicate column name '(.*)'$/s,
  /^Column count doesn't match value count at row \d+$/,
  /^Lock wait timeout exceeded; try restarting transaction$/,
  /^Deadlock found when trying to get lock; try restarting transaction$/,
  /^Query execution was interrupted(?: \(max_statement_time exceeded\))?$/,
  /^Cannot execute statement in a READ ONLY transaction$/,
];

const NEAR = /^(.* near ')(.*)(' at line \d+)$/s;

/** A syntax error quotes the rest of the text from the word on that is not understood, literals and all. */
function withoutLiterals(message: string, text: string): string {
  const [, before, near, behind] = NEAR.exec(message) ?? [];
  if (near === undefined) return message;
  const place = text.indexOf(near.replace(/\.\.\.$/, ''));
  const quotes = text.slice(0, Math.max(place, 0)).replace(/[^'"]/g, '').length;
  const plain = place < 0 || quotes % 2 === 1 ? '' : near.replace(/['"\d].*$/s, '');
  return plain === near ? message : `${before}${plain}...${behind}`;
}

/** Says nothing but words that stand in the command, and the server's own. A name's parts count one by one. */
function isEcho(message: string, text: string): boolean {
  const written = text.toLowerCase();
  for (const shape of ECHOES) {
    const found = shape.exec(message);
    if (found === null) continue;
    const quoted = found[1]?.toLowerCase();
    return quoted === undefined || written.includes(quoted) || quoted.split('.').every((part) => written.includes(part));
  }
  return false;
}

/**
 * An error without the values that it may quote.
 *
 * @param text of the command
 * @param indirect what ran was not, or not only, that text: triggers, procedures, stored functions
 */
export function scrubError(err: Err, text: string, indirect: boolean): Err {
  if (indirect ? isEcho(err.message, text) : TELLING_NOTHING.has(err.code)) return { ...err, message: withoutLiterals(err.message, text) };
  return { ...err, message: `The target reported error ${err.code}; its text is withheld, because it may quote masked values.` };
}

/** A text without what is sensitive by its form. */
export function searchedText(text: string, mask: TextMask | undefined, count: (rule: string) => void = () => undefined): string {
  if (mask === undefined) return text;
  const bytes = Buffer.from(text);
  return mask.value(bytes, 0, bytes.length, count)?.toString() ?? text;
}
