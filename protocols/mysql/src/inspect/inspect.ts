import {
  type CheckResult,
  GatewayError,
  type InspectedColumn,
  type Inspection,
  type InspectOptions,
  type Interior,
  type Target,
} from '@sallyport/core';
import { ErrnoError } from '../errors.ts';
import { versionOf } from '../family.ts';
import { type OwnConnection, openOwnConnection } from '../startup/own-connection.ts';
import { mysqlOptions } from '../startup/target-options.ts';

const CONNECT_MS = 5_000;
const MAX_COLUMNS = 20_000;
/** The oldest versions that are tested. */
const OLDEST = { mysql: 50_700, mariadb: 100_300 } as const;

const DATABASES_SQL =
  "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1 LIMIT 1000";
const COLUMNS_SQL = `SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, t.TABLE_TYPE
  FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)
  WHERE c.TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1, 2, c.ORDINAL_POSITION LIMIT ${MAX_COLUMNS}`;

/** Rights of an account that make every rule of the gateway a suggestion. */
const FAR_REACHING = /\b(ALL PRIVILEGES ON \*\.\*|SUPER|FILE|GRANT OPTION|CREATE USER|SHUTDOWN)\b/;

/** What MySQL or MariaDB tells the gateway's account about itself; see `Protocol.inspect`. Values are not sampled. */
export async function inspect(target: Target, _options: InspectOptions, signal: AbortSignal): Promise<Inspection> {
  const results: CheckResult[] = [];
  let connection: OwnConnection | undefined;
  try {
    connection = await openOwnConnection(target, AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]));
    results.push(tlsResult(target), { check: 'login', level: 'ok', message: `${target.credentials.username} signs in.` });
    return { results, inside: await lookAround(target, connection, results) };
  } catch (error) {
    signal.throwIfAborted();
    results.push(failure(error, connection !== undefined));
    return { results };
  } finally {
    connection?.close();
  }
}

async function lookAround(target: Target, connection: OwnConnection, results: CheckResult[]): Promise<Interior> {
  const { family, version = 0 } = versionOf(connection.serverVersion);
  const product = family === 'mariadb' ? 'MariaDB' : 'MySQL';
  const old = version < OLDEST[family];
  results.push({
    check: 'version',
    level: old ? 'warning' : 'ok',
    message: `${product} ${connection.serverVersion}${old ? ' is older than what this gateway is tested with' : ''}.`,
    ...(old && { mend: 'upgrade the server' }),
  });
  results.push(await checkAccount(target, connection));
  const databases = (await connection.query(DATABASES_SQL)).map(([name]) => name ?? '');
  const columns = (await connection.query(COLUMNS_SQL)).map(
    ([schema, table, name, type]): InspectedColumn => ({
      database: schema ?? '',
      relation: `${schema}.${table}`,
      name: name ?? '',
      of: type === 'VIEW' ? 'view' : 'table',
    }),
  );
  return { product: `${product} ${connection.serverVersion}`, databases, columns, leastAccount: leastAccount(target, databases) };
}

async function checkAccount(target: Target, connection: OwnConnection): Promise<CheckResult> {
  const grants = (await connection.query('SHOW GRANTS')).map(([grant]) => grant ?? '').join('\n');
  const [far] = FAR_REACHING.exec(grants) ?? [];
  const account = target.credentials.username;
  if (far === undefined) return { check: 'account', level: 'ok', message: `${account} has no right over the server itself.` };
  return {
    check: 'account',
    level: 'warning',
    message: `${account} has the right ${far}: whoever gets a statement past the rules can do that, too.`,
    mend: 'give the gateway an account with rights on its databases only',
  };
}

function tlsResult({ tls, host }: Target): CheckResult {
  const loopback = /^(127\.|localhost$|::1$)/.test(host);
  if (tls.mode === 'verify-full') return { check: 'tls', level: 'ok', message: 'TLS, with the name and the certificate checked.' };
  if (tls.mode === 'require')
    return {
      check: 'tls',
      level: 'warning',
      message: 'TLS, but nobody checks whose certificate it is.',
      mend: 'set tls: verify-full and ca:',
    };
  return loopback
    ? { check: 'tls', level: 'ok', message: 'No TLS; only programs on this machine can listen in.' }
    : { check: 'tls', level: 'problem', message: 'No TLS: rows pass in the open.', mend: 'set tls: verify-full' };
}

function leastAccount({ options, credentials }: Target, databases: readonly string[]): string {
  const { database } = mysqlOptions({ options } as Target);
  const name = (database ?? databases[0] ?? 'DATABASE').replaceAll('`', '``');
  const account = `'${credentials.username === 'root' ? 'sallyport' : credentials.username}'@'%'`;
  return [
    `CREATE USER ${account} IDENTIFIED BY 'a long random password' REQUIRE SSL;`,
    `GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, SHOW VIEW, CREATE TEMPORARY TABLES, LOCK TABLES ON \`${name}\`.* TO ${account};`,
  ].join('\n');
}

function failure(error: unknown, signed: boolean): CheckResult {
  if (signed)
    return {
      check: 'questions',
      level: 'problem',
      message: `The server stopped answering: ${sentenceOf(error)}`,
      mend: "look into the server's log",
    };
  const mend =
    error instanceof GatewayError && error.code === 'ERR_TARGET_AUTH'
      ? 'correct username and password under credentials:'
      : error instanceof ErrnoError
        ? "look into the server's log"
        : 'check address, tls and credentials';
  return { check: 'login', level: 'problem', message: sentenceOf(error), mend };
}

/** For the administrator: without the words for clients, whose token is not the matter here. */
function sentenceOf(error: unknown): string {
  if (error instanceof GatewayError && error.code === 'ERR_TARGET_AUTH') return `The login fails: ${(error.cause as Error).message}.`;
  if (error instanceof DOMException && error.name === 'TimeoutError') return `The server says nothing for ${CONNECT_MS / 1000} seconds.`;
  return (error as Error).message;
}
