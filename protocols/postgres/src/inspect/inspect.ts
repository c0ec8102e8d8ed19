import {
  type CheckResult,
  GatewayError,
  type InspectedColumn,
  type Inspection,
  type InspectOptions,
  type Interior,
  type Target,
} from '@sallyport/core';
import { SqlStateError } from '../errors.ts';
import { usualDatabase } from '../startup/destination.ts';
import { type OwnConnection, openOwnConnection } from '../startup/own-connection.ts';
import { startupOptions } from '../startup/target-options.ts';
import { checkAccount } from './account-checks.ts';
import { readColumns } from './columns.ts';
import { Interview } from './interview.ts';
import { leastAccount } from './least-account.ts';
import { checkClock, checkExtensions, checkFunctions, checkVersion } from './server-checks.ts';
import { checkTls } from './tls-checks.ts';
import { checkWayRound } from './way-round-checks.ts';

/** How long the handshake, and the login after it, may take. */
const CONNECT_MS = 5_000;
/** Of the databases that a target opens, so many are looked into. */
const MOST_DATABASES = 10;

const DATABASES_SQL =
  "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate AND has_database_privilege(datname, 'CONNECT') ORDER BY 1 LIMIT 1000";

/** What PostgreSQL tells the gateway's account about itself; see `Protocol.inspect`. */
export async function inspect(target: Target, options: InspectOptions, signal: AbortSignal): Promise<Inspection> {
  const results: CheckResult[] = [];
  let connection: OwnConnection | undefined;
  let found: Pick<Inspection, 'strongestTls'> = {};
  try {
    const { result, strongest } = await checkTls(target, within(signal));
    found = { strongestTls: strongest };
    results.push(result);
    // Nothing is said to a server that is not proven to be the right one where that was asked for.
    if (target.tls.mode !== 'disable' && result.level === 'problem') return { results, ...found };
    connection = await openOwnConnection(target, usualDatabase(target), within(signal));
    results.push(signedIn(target));
    return { results, ...found, inside: await lookAround(target, connection, results, options, signal) };
  } catch (error) {
    signal.throwIfAborted();
    results.push(failure(error, target, connection !== undefined));
    return { results, ...found };
  } finally {
    connection?.close();
  }
}

async function lookAround(
  target: Target,
  connection: OwnConnection,
  results: CheckResult[],
  { sample }: InspectOptions,
  signal: AbortSignal,
): Promise<Interior> {
  const account = target.credentials.username;
  const { functions = [] } = target.options as { readonly functions?: readonly string[] };
  const version = connection.parameters.get('server_version') ?? 'of unknown version';
  const interview = new Interview(connection, signal);
  results.push(checkVersion(version));
  results.push(...(await checkClock(interview)));
  results.push(...(await checkAccount(interview, account)));
  results.push(...(await checkWayRound(interview, account)));
  results.push(...(await checkExtensions(interview)));
  results.push(...(await checkFunctions(interview, functions)));
  const databases = ((await interview.ask(DATABASES_SQL)) ?? []).map(([name]) => name ?? '');
  const columns = [...(await readColumns(interview, usualDatabase(target), sample))];
  for (const database of (startupOptions(target).databases ?? []).slice(0, MOST_DATABASES)) {
    columns.push(...(await columnsElsewhere(target, database, results, sample, signal)));
  }
  return { product: `PostgreSQL ${version.split(' ')[0]}`, databases, columns, leastAccount: leastAccount(usualDatabase(target), columns) };
}

/** A further database of the target's is a connection of its own. */
async function columnsElsewhere(
  target: Target,
  database: string,
  results: CheckResult[],
  sample: boolean,
  signal: AbortSignal,
): Promise<readonly InspectedColumn[]> {
  let connection: OwnConnection | undefined;
  try {
    connection = await openOwnConnection(target, database, within(signal));
    return await readColumns(new Interview(connection, signal), database, sample);
  } catch (error) {
    signal.throwIfAborted();
    const { message } = failure(error, target, false);
    results.push({
      check: 'databases',
      level: 'problem',
      message: `The database ${database} does not open: ${message}`,
      mend: 'correct databases, or grant CONNECT on it',
    });
    return [];
  } finally {
    connection?.close();
  }
}

function within(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
}

function signedIn(target: Target): CheckResult {
  return { check: 'login', level: 'ok', message: `${target.credentials.username} signs in to the database ${usualDatabase(target)}.` };
}

/** What to do about a refused login, by the beginning of its SQLSTATE. */
const MENDS: readonly (readonly [string, string])[] = [
  ['28P01', 'correct username and password of its credentials'],
  ['28', "let the account in from the gateway's address (pg_hba.conf), then reload the server"],
  ['3D000', 'correct the name of the database'],
  ['42501', 'grant CONNECT on the database to the account'],
  ['53', "raise the server's or the account's connection limit"],
  ['57P03', 'wait until the server has started'],
];

function failure(error: unknown, target: Target, signed: boolean): CheckResult {
  if (signed) {
    return {
      check: 'questions',
      level: 'problem',
      message: `The server stopped answering: ${sentenceOf(error)}`,
      mend: "look into the server's log",
    };
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    const message = `The server accepts connections and then says nothing for ${CONNECT_MS / 1000} seconds.`;
    return { check: 'login', level: 'problem', message, mend: 'check that PostgreSQL, and not something else, is at this address' };
  }
  const [, state, words] =
    /^([0-9A-Z]{5}): (.*)$/s.exec(error instanceof GatewayError ? ((error.cause as Error | undefined)?.message ?? '') : '') ?? [];
  const sqlState = error instanceof SqlStateError ? error.sqlState : state;
  if (sqlState === undefined)
    return { check: 'login', level: 'problem', message: sentenceOf(error), mend: 'check address, tls and credentials' };
  const message = `The server refuses ${target.credentials.username} at the database ${usualDatabase(target)}: ${words ?? sentenceOf(error)} (${sqlState}).`;
  return {
    check: 'login',
    level: 'problem',
    message,
    mend: MENDS.find(([start]) => sqlState.startsWith(start))?.[1] ?? "look into the server's log",
  };
}

/** For the administrator: without the words for clients, whose token is not the matter here. */
function sentenceOf(error: unknown): string {
  if (error instanceof GatewayError && error.code === 'ERR_TARGET_AUTH') return `The login fails: ${(error.cause as Error).message}.`;
  return (error as Error).message;
}
