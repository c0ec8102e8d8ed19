import type { CheckResult } from '@sallyport/core';
import type { Interview, Row } from './interview.ts';

type Asking = Pick<Interview, 'ask'>;

const LISTEN_SQL = "SELECT current_setting('listen_addresses'), host(inet_client_addr())";
/** The account's own sessions, which everybody may see, from other machines than this one. */
const SESSIONS_SQL = `SELECT DISTINCT host(client_addr) FROM pg_stat_activity
  WHERE usename = session_user AND client_addr IS DISTINCT FROM inet_client_addr() AND client_addr IS NOT NULL ORDER BY 1 LIMIT 20`;
/** https://www.postgresql.org/docs/current/view-pg-hba-file-rules.html */
const HBA_SQL = `SELECT line_number, type, array_to_string(database, ','), array_to_string(user_name, ','), address, netmask, auth_method
  FROM pg_hba_file_rules WHERE error IS NULL AND type <> 'local' AND auth_method <> 'reject' ORDER BY line_number`;

const LOOPBACK = /^(127\.|::1$|localhost$)/;
/** So many lines are named; how many more there are is said. */
const NAMED = 3;

/** Whether clients can reach the server without the gateway, as far as its account can see. */
export async function checkWayRound(interview: Asking, account: string): Promise<readonly CheckResult[]> {
  const [[listens = '', own = null] = []] = (await interview.ask(LISTEN_SQL)) ?? [];
  const elsewhere = ((await interview.ask(SESSIONS_SQL)) ?? []).map(([address]) => address ?? '');
  return [...signedInElsewhere(account, elsewhere), await reachable(interview, listens ?? '', own ?? null)];
}

function signedInElsewhere(account: string, addresses: readonly string[]): CheckResult[] {
  if (addresses.length === 0) return [];
  const message = `${account} is signed in from ${some(addresses)} too: somebody besides the gateway has its password.`;
  return [{ check: 'way round', level: 'problem', message, mend: `a new password for ${account}, known to the gateway alone` }];
}

async function reachable(interview: Asking, listens: string, own: string | null): Promise<CheckResult> {
  const addresses = listens.split(',').map((address) => address.trim());
  if (listens !== '' && addresses.every((address) => LOOPBACK.test(address))) {
    return { check: 'way round', level: 'ok', message: `The server listens on ${listens} only: nobody reaches it from another machine.` };
  }
  const rules = await interview.ask(HBA_SQL);
  if (rules === undefined) {
    const message = `The server listens on ${listens === '*' ? 'all addresses' : listens || 'addresses that it does not tell'}, and whom it lets in the gateway's account may not read.`;
    return {
      check: 'way round',
      level: 'warning',
      message,
      mend: "let in only the gateway's address (pg_hba.conf, firewall); as a superuser: SELECT * FROM pg_hba_file_rules;",
    };
  }
  return judgeRules(rules, own);
}

function judgeRules(rules: readonly Row[], own: string | null): CheckResult {
  const wide = rules.filter((rule) => !isThisMachine(rule, own));
  const open = wide.filter(([, , , , , , method]) => method === 'trust');
  const where = own ?? 'this machine';
  if (wide.length === 0) {
    return { check: 'way round', level: 'ok', message: `pg_hba.conf lets in ${where} and nobody else from the network.` };
  }
  const lines = some((open.length > 0 ? open : wide).map(lineOf));
  const mend = `leave only lines for ${own === null ? "the gateway's address" : `${own}/${own.includes(':') ? 128 : 32}`} in pg_hba.conf, then: SELECT pg_reload_conf();`;
  return open.length > 0
    ? { check: 'way round', level: 'problem', message: `pg_hba.conf lets others in without a password: ${lines}.`, mend }
    : {
        check: 'way round',
        level: 'warning',
        message: `pg_hba.conf lets clients in that do not come through the gateway: ${lines}.`,
        mend,
      };
}

/** Only the gateway's machine, or the server's own, fits the line. */
function isThisMachine([, , , , address = '', netmask = '']: Row, own: string | null): boolean {
  if (address === null || address === 'samehost') return address === 'samehost';
  const one = netmask === null || /^255\.255\.255\.255$|^ffff(:ffff){7}$/.test(netmask);
  if (LOOPBACK.test(address)) return netmask === null || /^255\.|^ffff(:ffff){7}$/.test(netmask);
  return one && address === own;
}

function lineOf([line, , databases, users, address, netmask, method]: Row): string {
  const who = users === 'all' ? 'everybody' : users;
  const what = databases === 'all' ? '' : ` to ${databases}`;
  return `line ${line} (${who}${what} from ${address}${netmask === null ? '' : `/${prefixOf(netmask ?? '')}`}, ${method})`;
}

/** `255.255.0.0` → `16`, `ffff:ffff::` → `32` */
function prefixOf(netmask: string): number {
  const groups = netmask.includes(':')
    ? (netmask
        .split('::')[0]
        ?.split(':')
        .filter((group) => group !== '')
        .map((group) => Number.parseInt(group, 16)) ?? [])
    : netmask.split('.').map(Number);
  return groups.reduce((sum, group) => sum + group.toString(2).replaceAll('0', '').length, 0);
}

function some(all: readonly string[]): string {
  const more = all.length - NAMED;
  return `${all.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
