import { SqlStateError } from '../errors.ts';

/**
 * Settings that a client may bring at sign-in. None of them changes who the session is, how its
 * SQL is read, or what code the server loads. Others are for SET, where the rules see them.
 */
const SAFE_SETTINGS: ReadonlySet<string> = new Set([
  'application_name',
  'bytea_output',
  'client_min_messages',
  'cursor_tuple_fraction',
  'datestyle',
  'default_transaction_deferrable',
  'default_transaction_isolation',
  'default_transaction_read_only',
  'effective_cache_size',
  'enable_bitmapscan',
  'enable_hashagg',
  'enable_hashjoin',
  'enable_indexonlyscan',
  'enable_indexscan',
  'enable_material',
  'enable_mergejoin',
  'enable_nestloop',
  'enable_seqscan',
  'enable_sort',
  'extra_float_digits',
  'from_collapse_limit',
  'geqo',
  'gin_fuzzy_search_limit',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'intervalstyle',
  'jit',
  'join_collapse_limit',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'lock_timeout',
  'maintenance_work_mem',
  'max_parallel_workers_per_gather',
  'plan_cache_mode',
  'random_page_cost',
  // Names are resolved against every schema that they may mean, so the path decides nothing here.
  'search_path',
  'seq_page_cost',
  'statement_timeout',
  'synchronous_commit',
  'tcp_keepalives_count',
  'tcp_keepalives_idle',
  'tcp_keepalives_interval',
  'tcp_user_timeout',
  'temp_buffers',
  'timezone',
  'transaction_timeout',
  'work_mem',
]);

/** Parts of a StartupMessage that are no settings. */
const NO_SETTINGS: ReadonlySet<string> = new Set(['user', 'database', 'options', 'replication']);
/** Spellings as the server compares them: letters and digits only. */
const UTF8_NAMES: ReadonlySet<string> = new Set(['utf8', 'unicode']);
/** What libpq asks for in the C locale: any bytes do, so UTF-8 does. */
const ANY_BYTES = 'sqlascii';
const ON_VALUES: ReadonlySet<string> = new Set(['on', 'true', 'yes', '1']);

/**
 * The settings that the target gets, from a StartupMessage's parameters.
 *
 * SQL is read as UTF-8 with standard strings, so both are asked of the target whatever its
 * defaults are: in SJIS, BIG5, GBK, GB18030, UHC or JOHAB the second byte of a character may be a
 * quote or a backslash, and no other encoding's names could be held against rules.
 *
 * @throws SqlStateError 0A000 for a setting that does not pass, 22023 for a value that does not
 */
export function clientSettings(startup: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  refuseReplication(startup.get('replication'));
  const settings = new Map<string, string>();
  const asked = [...parseOptions(startup.get('options') ?? ''), ...startup];
  for (const [name, value] of asked) {
    const setting = name.toLowerCase();
    if (NO_SETTINGS.has(name) || name.startsWith('_pq_.')) continue;
    if (setting === 'client_encoding') checkEncoding(value);
    else if (setting === 'standard_conforming_strings') checkStrings(value);
    else if (SAFE_SETTINGS.has(setting)) settings.set(setting, value);
    else
      throw unsupported(`The setting "${name}" cannot be given at sign-in through this gateway: leave it out and use SET once connected.`);
  }
  settings.set('client_encoding', 'UTF8');
  settings.set('standard_conforming_strings', 'on');
  return settings;
}

/**
 * Whether texts come as UTF-8 under a `client_encoding`, as the server reports it. SQL_ASCII converts nothing: the bytes
 * are the database's own.
 */
export function carriesUtf8(encoding: string, serverEncoding: string | undefined): boolean {
  return isUtf8(encoding) || (encodingKey(encoding) === ANY_BYTES && serverEncoding !== undefined && isUtf8(serverEncoding));
}

/** Whether a `client_encoding` that a client asks for carries UTF-8, or does before some databases. */
export function mayCarryUtf8(encoding: string): boolean {
  return carriesUtf8(encoding, 'UTF8');
}

function isUtf8(encoding: string): boolean {
  return UTF8_NAMES.has(encodingKey(encoding));
}

function encodingKey(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function checkEncoding(value: string): void {
  if (mayCarryUtf8(value)) return;
  throw invalid(`The client encoding "${value}" does not pass this gateway, which reads SQL as UTF-8: set PGCLIENTENCODING=UTF8.`);
}

function checkStrings(value: string): void {
  if (ON_VALUES.has(value.toLowerCase())) return;
  throw invalid('The setting standard_conforming_strings stays on through this gateway: leave it out.');
}

function refuseReplication(value: string | undefined): void {
  if (value === undefined || ['false', 'off', 'no', '0'].includes(value.toLowerCase())) return;
  throw new SqlStateError('ERR_ACCESS', '42501', 'Replication does not pass this gateway: it streams rows that no rule or mask would see.');
}

/**
 * `options` as the server takes it: arguments split at white space, a backslash before a character
 * that is meant literally; of the arguments only `-c name=value` and `--name=value`.
 */
function parseOptions(options: string): [string, string][] {
  const args = (options.match(/(?:\\.|[^\s\\])+/gs) ?? []).map((arg) => arg.replace(/\\(.)/gs, '$1'));
  const settings: [string, string][] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] as string;
    let setting = arg.slice(2);
    if (arg === '-c') {
      index += 1;
      setting = args[index] ?? '';
    }
    const equals = setting.indexOf('=');
    if (!/^(-c|--)/.test(arg) || equals < 1) {
      throw unsupported(`The start-up option "${arg}" does not pass this gateway: only "-c name=value" and "--name=value" do.`);
    }
    settings.push([setting.slice(0, equals).replaceAll('-', '_'), setting.slice(equals + 1)]);
  }
  return settings;
}

function unsupported(message: string): SqlStateError {
  return new SqlStateError('ERR_ACCESS', '0A000', message);
}

function invalid(message: string): SqlStateError {
  return new SqlStateError('ERR_ACCESS', '22023', message);
}
