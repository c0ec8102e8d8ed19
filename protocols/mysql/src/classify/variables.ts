import type { ParserSettings, StatementAnalysis } from './analysis.ts';
import { expression } from './expressions.ts';
import { unreadableSettings } from './lexer.ts';
import { noUses, type Parse } from './parse.ts';

const SCOPES: ReadonlySet<string> = new Set(['GLOBAL', 'SESSION', 'LOCAL', 'PERSIST', 'PERSIST_ONLY']);
const SERVER_SCOPES: ReadonlySet<string> = new Set(['GLOBAL', 'PERSIST', 'PERSIST_ONLY']);

/** Session variables that hide what is done from logs and replicas, or change how the server itself behaves. */
const SERVER_VARIABLES: ReadonlySet<string> = new Set(
  `sql_log_bin sql_log_off sql_log_update log_slow_query slow_query_log log_slow_verbosity long_query_time log_slow_query_time gtid_next gtid_domain_id
  gtid_seq_no server_id pseudo_thread_id pseudo_slave_mode pseudo_replica_mode skip_replication binlog_format binlog_row_image
  binlog_direct_non_transactional_updates binlog_rows_query_log_events wsrep_on wsrep_osu_method default_master_connection debug
  innodb_debug_force_scrubbing require_row_format sql_require_primary_key show_create_table_skip_secondary_engine`.split(/\s+/),
);
/** Session variables that say in which character set a text is. */
const CHARACTER_SET_VARIABLES: ReadonlySet<string> = new Set(['names', 'character_set_client']);

/** SET in all its forms; the verb is stepped over. */
export function set(parse: Parse): void {
  const { cursor, survey } = parse;
  parse.called('SET');
  if (cursor.accept('STATEMENT')) {
    assignments(parse, STATEMENT_STOPS);
    cursor.expect('FOR');
    parse.within(() => parse.grammar.statement(parse));
    return;
  }
  if (cursor.accept('RESOURCE', 'GROUP')) {
    survey.add('admin');
    skip(parse);
    return;
  }
  if (cursor.word === 'ROLE' || (cursor.word === 'DEFAULT' && cursor.ahead(1) === 'ROLE')) {
    survey.add('privilege');
    skip(parse);
    return;
  }
  assignments(parse, NO_STOPS);
}

const NO_STOPS: ReadonlySet<string> = new Set();
const STATEMENT_STOPS: ReadonlySet<string> = new Set(['FOR']);

function skip({ cursor }: Parse): void {
  while (!cursor.ended) cursor.at += 1;
}

function assignments(parse: Parse, stops: ReadonlySet<string>): void {
  const spoken: Spoken = { scope: '' };
  do assignment(parse, stops, spoken);
  while (parse.cursor.accept(','));
}

/** The last GLOBAL or SESSION of a list: servers disagree whether it holds for what follows. */
interface Spoken {
  scope: string;
}

function assignment(parse: Parse, stops: ReadonlySet<string>, spoken: Spoken): void {
  const { cursor, survey } = parse;
  if (cursor.accept('PASSWORD')) {
    survey.add('privilege');
    survey.secret = true;
    skip(parse);
    return;
  }
  if (cursor.accept('NAMES') || cursor.accept('CHARACTER', 'SET') || cursor.accept('CHARSET')) {
    characterSet(parse);
    return;
  }
  if (cursor.kind === 'variable') {
    cursor.at += 1;
    survey.add('session');
    survey.assigns = true;
    equals(parse);
    value(parse, stops);
    return;
  }
  systemVariable(parse, stops, spoken);
}

function equals({ cursor }: Parse): void {
  if (!cursor.accept('=')) cursor.expect(':=');
}

function characterSet(parse: Parse): void {
  const { cursor } = parse;
  const literal = cursor.literal() ?? (cursor.named && cursor.word !== 'DEFAULT' ? cursor.nameAt(cursor.at) : undefined);
  cursor.at += 1;
  if (cursor.accept('COLLATE')) cursor.at += 1;
  if (!cursor.ended && cursor.word !== ',') cursor.fail();
  change(parse, 'names', literal);
}

function systemVariable(parse: Parse, stops: ReadonlySet<string>, spoken: Spoken): void {
  const { cursor, survey } = parse;
  cursor.accept('@@');
  let scope = '';
  if (SCOPES.has(cursor.word) && (cursor.ahead(1) === '.' || cursor.tokens.kind(cursor.at + 1) !== 'symbol')) {
    scope = cursor.word;
    cursor.at += 1;
    cursor.accept('.');
  } else if (cursor.kind === 'name' && SCOPES.has(cursor.nameAt(cursor.at).toUpperCase()) && cursor.ahead(1) === '.') {
    scope = cursor.name().toUpperCase(); // @@global.x
    cursor.accept('.');
  }
  if (cursor.accept('TRANSACTION')) {
    survey.add(scope === 'GLOBAL' ? 'admin' : 'session');
    skip(parse);
    return;
  }
  let name = cursor.name();
  while (cursor.accept('.')) name = `${name}.${cursor.name()}`; // a key cache's, or NEW.column in a trigger
  equals(parse);
  const constant = value(parse, stops);
  if (SERVER_SCOPES.has(scope)) survey.add('admin');
  else change(parse, name.toLowerCase(), constant);
  if (scope === '' && SERVER_SCOPES.has(spoken.scope)) {
    survey.add('admin');
    survey.unsettles = true;
  }
  if (scope !== '') spoken.scope = scope;
}

/** @returns the text of a value that is one literal or word */
function value(parse: Parse, stops: ReadonlySet<string>): string | undefined {
  const { cursor, survey } = parse;
  const start = cursor.at;
  const next = cursor.ahead(1);
  const single = start + 1 >= cursor.tokens.count || next === ',' || next === ';' || stops.has(next);
  const word = cursor.kind === 'word' && cursor.word !== 'DEFAULT';
  if (single && (word || cursor.kind === 'number' || cursor.literal() !== undefined)) {
    const text = cursor.literal() ?? cursor.tokens.written(start);
    cursor.at += 1;
    return text;
  }
  const before = survey.reads;
  expression(parse, stops, noUses());
  if (cursor.at === start) cursor.fail();
  if (survey.reads > before) survey.copies = true;
  return undefined;
}

function change(parse: Parse, name: string, constant: string | undefined): void {
  const { survey, settings } = parse;
  survey.add(SERVER_VARIABLES.has(name) ? 'admin' : 'session');
  survey.sets.push({ name, ...(constant !== undefined && { value: constant }) });
  if (CHARACTER_SET_VARIABLES.has(name)) {
    if (constant === undefined) survey.unsettles = true;
    else {
      const sentence = unreadableSettings({ ...settings, sqlMode: new Set(), characterSet: constant.toLowerCase() });
      if (sentence !== undefined) survey.unknown(sentence);
    }
  }
  if (name === 'sql_mode' && (constant === undefined || modesOf(constant) === undefined)) survey.unsettles = true;
}

/** https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html, https://mariadb.com/kb/en/sql-mode/ */
const MODES: ReadonlySet<string> = new Set(
  `ALLOW_INVALID_DATES ANSI ANSI_QUOTES DB2 EMPTY_STRING_IS_NULL ERROR_FOR_DIVISION_BY_ZERO HIGH_NOT_PRECEDENCE IGNORE_BAD_TABLE_OPTIONS
  IGNORE_SPACE MAXDB MSSQL MYSQL323 MYSQL40 NO_AUTO_CREATE_USER NO_AUTO_VALUE_ON_ZERO NO_BACKSLASH_ESCAPES NO_DIR_IN_CREATE
  NO_ENGINE_SUBSTITUTION NO_FIELD_OPTIONS NO_KEY_OPTIONS NO_TABLE_OPTIONS NO_UNSIGNED_SUBTRACTION NO_ZERO_DATE NO_ZERO_IN_DATE
  ONLY_FULL_GROUP_BY ORACLE PAD_CHAR_TO_FULL_LENGTH PIPES_AS_CONCAT POSTGRESQL REAL_AS_FLOAT SIMULTANEOUS_ASSIGNMENT STRICT_ALL_TABLES
  STRICT_TRANS_TABLES TIME_ROUND_FRACTIONAL TIME_TRUNCATE_FRACTIONAL TRADITIONAL`.split(/\s+/),
);

/** What modes of sql_mode that matter to the lexer stand for. */
const COMBINED_MODES: Readonly<Record<string, readonly string[]>> = {
  ANSI: ['REAL_AS_FLOAT', 'PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE'],
  ...Object.fromEntries(
    ['ORACLE', 'MSSQL', 'DB2', 'MAXDB', 'POSTGRESQL'].map((mode) => [mode, ['PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE']]),
  ),
};

/** undefined for what is not a list of known names: sql_mode also takes a number. */
function modesOf(value: string): ReadonlySet<string> | undefined {
  const names = value
    .toUpperCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.some((name) => !MODES.has(name))) return undefined;
  return new Set(names.flatMap((name) => [name, ...(COMBINED_MODES[name] ?? [])]));
}

/**
 * How the next text is read once this statement has succeeded; undefined where only the server knows: ask it.
 *
 * @param statement of a text that was read with `settings`
 */
export function settingsAfter(settings: ParserSettings, statement: StatementAnalysis): ParserSettings | undefined {
  if (statement.unsettles) return undefined;
  let after = settings;
  if (statement.database !== undefined) {
    after = { ...after, database: settings.foldNames ? statement.database.toLowerCase() : statement.database };
  }
  for (const { name, value: text } of statement.sets) {
    if (text === undefined) continue;
    if (CHARACTER_SET_VARIABLES.has(name)) after = { ...after, characterSet: text.toLowerCase() };
    const modes = name === 'sql_mode' ? modesOf(text) : undefined;
    if (modes !== undefined) after = { ...after, sqlMode: modes };
  }
  return after;
}
