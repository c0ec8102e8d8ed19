import type { CheckResult } from '@sallyport/core';
import type { Interview, Row } from './interview.ts';

/** What an attribute lets the account do, and what takes it away. https://www.postgresql.org/docs/current/role-attributes.html */
const ATTRIBUTES = [
  {
    column: 'rolsuper',
    name: 'SUPERUSER',
    level: 'problem',
    means: 'is a superuser: it reads files, runs programs and passes every permission',
  },
  { column: 'rolbypassrls', name: 'BYPASSRLS', level: 'problem', means: 'passes all row-level security' },
  { column: 'rolreplication', name: 'REPLICATION', level: 'warning', means: 'may copy the whole cluster by replication' },
  { column: 'rolcreaterole', name: 'CREATEROLE', level: 'warning', means: 'may make other accounts, which sign in without the gateway' },
] as const;

/** https://www.postgresql.org/docs/current/predefined-roles.html, and the administrators of hosted servers. */
const ROLES: Readonly<Record<string, { readonly level: 'problem' | 'warning'; readonly means: string }>> = {
  pg_execute_server_program: { level: 'problem', means: 'runs programs on the server' },
  pg_read_server_files: { level: 'problem', means: "reads the server's files" },
  pg_write_server_files: { level: 'problem', means: "writes the server's files" },
  rds_superuser: { level: 'warning', means: 'administers the server' },
  cloudsqlsuperuser: { level: 'warning', means: 'administers the server' },
  azure_pg_admin: { level: 'warning', means: 'administers the server' },
};

const ATTRIBUTES_SQL = `SELECT ${ATTRIBUTES.map(({ column }) => column).join(', ')} FROM pg_roles WHERE rolname = current_user`;
const ROLES_SQL = "SELECT rolname FROM pg_roles WHERE rolname = ANY ($1) AND pg_has_role(oid, 'MEMBER') ORDER BY 1";
const OWNED_SQL = `SELECT count(*) FILTER (WHERE pg_has_role(c.relowner, 'USAGE')), count(*)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'`;

/** Whether the gateway's account may do more than its clients should ever be able to. */
export async function checkAccount(interview: Interview, account: string): Promise<readonly CheckResult[]> {
  const [attributes] = (await interview.ask(ATTRIBUTES_SQL)) ?? [];
  if (attributes === undefined) return [unknownAccount(account)];
  const results = attributeResults(attributes, account);
  // A superuser has every attribute, is in every role and owns everything: one sentence is enough.
  if (attributes[0] === 't') return results.slice(0, 1);
  results.push(...roleResults((await interview.ask(ROLES_SQL, [`{${Object.keys(ROLES).join(',')}}`])) ?? [], account));
  const [[owned, all] = []] = (await interview.ask(OWNED_SQL)) ?? [];
  if (Number(owned) > 0) results.push(ownerResult(account, Number(owned), Number(all)));
  return results.length > 0
    ? results
    : [{ check: 'account', level: 'ok', message: `${account} has no rights beyond those it was granted.` }];
}

function attributeResults(row: Row, account: string): CheckResult[] {
  return ATTRIBUTES.filter((_, at) => row[at] === 't').map(({ name, level, means }) => {
    const mend =
      name === 'SUPERUSER'
        ? 'an account of its own for the gateway; `sallyport init` prints the statements'
        : `ALTER ROLE ${quote(account)} NO${name};`;
    return { check: 'account', level, message: `${account} ${means}.`, mend };
  });
}

function roleResults(rows: readonly Row[], account: string): CheckResult[] {
  return rows.flatMap(([role]) => {
    const known = ROLES[role ?? ''];
    if (known === undefined) return [];
    return [
      {
        check: 'account',
        level: known.level,
        message: `${account} is in ${role}, which ${known.means}.`,
        mend: `REVOKE ${role} FROM ${quote(account)};`,
      },
    ];
  });
}

function ownerResult(account: string, owned: number, all: number): CheckResult {
  return {
    check: 'account',
    level: 'warning',
    message: `${account} owns ${owned} of ${all} tables and views, so that only the gateway's rules keep clients from changing and dropping them.`,
    mend: 'an account that owns nothing and was granted what the application needs',
  };
}

function unknownAccount(account: string): CheckResult {
  const message = `What ${account} may do cannot be found out: the server does not show its roles.`;
  return { check: 'account', level: 'warning', message, mend: 'look at \\du there as an administrator' };
}

/** A name as SQL takes it: as it stands where that is plain. */
export function quote(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
