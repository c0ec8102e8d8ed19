import type { CheckResult } from '@sallyport/core';
import type { Interview } from './interview.ts';

/** The oldest server that the gateway knows. */
const OLDEST = 12;
/** Further apart, times in the gateway's record and in the server's log do not fit together. */
const SKEW_MS = 5_000;

/** Extensions by which a statement reaches further than the database it is sent to. */
const REACHING: Readonly<Record<string, string>> = {
  dblink: 'opens connections from the server, which no rule or mask sees',
  postgres_fdw: "reads other databases with the server's own logins",
  file_fdw: "reads the server's files",
  adminpack: "writes the server's files",
  plpython3u: 'runs any code on the server',
  plpython2u: 'runs any code on the server',
  plpythonu: 'runs any code on the server',
  plperlu: 'runs any code on the server',
  pltclu: 'runs any code on the server',
  pg_cron: 'runs statements later, when no gateway looks',
};

const VOLATILE_SQL = `SELECT DISTINCT concat(n.nspname, '.', p.proname)
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)' AND p.provolatile = 'v'
    AND p.prokind = 'f' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND has_function_privilege(p.oid, 'EXECUTE')
  ORDER BY 1 LIMIT 1000`;
const KNOWN_SQL =
  "SELECT concat(n.nspname, '.', p.proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE concat(n.nspname, '.', p.proname) = ANY ($1)";
const NAMED = 5;

export function checkVersion(version: string): CheckResult {
  const major = Number.parseInt(version, 10);
  if (major >= OLDEST) return { check: 'version', level: 'ok', message: `PostgreSQL ${version}.` };
  return {
    check: 'version',
    level: 'problem',
    message: `PostgreSQL ${version} is older than what the gateway knows (${OLDEST} and newer).`,
    mend: 'upgrade the server',
  };
}

export async function checkClock(interview: Interview): Promise<readonly CheckResult[]> {
  const asked = Date.now();
  const [[seconds = null] = []] = (await interview.ask('SELECT extract(epoch FROM clock_timestamp())')) ?? [];
  if (seconds === null) return [];
  // The answer was made at some moment between asking and hearing: only what lies outside is skew.
  const server = Number(seconds) * 1000;
  const skew = server < asked ? server - asked : Math.max(0, server - Date.now());
  if (Math.abs(skew) < SKEW_MS) return [{ check: 'clock', level: 'ok', message: "The server's clock and the gateway's agree." }];
  const message = `The server's clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} the gateway's, so that records and the server's log do not fit together.`;
  return [{ check: 'clock', level: 'warning', message, mend: 'set both by NTP' }];
}

export async function checkExtensions(interview: Interview): Promise<readonly CheckResult[]> {
  const rows =
    (await interview.ask('SELECT extname FROM pg_extension WHERE extname = ANY ($1) ORDER BY 1', [
      `{${Object.keys(REACHING).join(',')}}`,
    ])) ?? [];
  return rows.map(([name]) => ({
    check: 'extensions',
    level: 'warning',
    message: `The extension ${name} ${REACHING[name ?? '']}.`,
    mend: `DROP EXTENSION ${name}; where nobody needs it, else take its functions from the gateway's account`,
  }));
}

/** @param listed the target's `functions`. */
export async function checkFunctions(interview: Interview, listed: readonly string[]): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  const known = new Set(((await interview.ask(KNOWN_SQL, [arrayOf(listed)])) ?? []).map(([name]) => name));
  const missing = listed.filter((name) => !known.has(name));
  if (missing.length > 0) {
    const message = `functions: lists ${some(missing)}, which the database does not have.`;
    results.push({
      check: 'functions',
      level: 'warning',
      message,
      mend: 'correct the name, or leave it out: whoever makes a function of that name could have it count as read',
    });
  }
  const volatile = ((await interview.ask(VOLATILE_SQL)) ?? []).map(([name]) => name ?? '').filter((name) => !listed.includes(name));
  if (volatile.length > 0) {
    const message = `Calls of ${some(volatile)} are of class unknown, which does not pass by default.`;
    results.push({ check: 'functions', level: 'ok', message, mend: `functions: [${volatile[0]}] for those that only read` });
  }
  return results;
}

/** An array literal. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function arrayOf(names: readonly string[]): string {
  return `{${names.map((name) => `"${name.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

function some(all: readonly string[]): string {
  const more = all.length - NAMED;
  return `${all.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
