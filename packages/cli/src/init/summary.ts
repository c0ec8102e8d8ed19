import colours from 'picocolors';
import { type Finding, finding } from '../doctor/finding.ts';
import { renderFindings } from '../doctor/report.ts';
import { counted } from '../output/count.ts';
import { renderTable } from '../output/table.ts';
import { terminalWidth } from '../output/terminal.ts';
import { visible } from '../output/visible.ts';
import type { Begun, Discovery } from './begin.ts';
import { isService } from './configuration.ts';
import { near, nextLines } from './next-lines.ts';

/** So many columns are shown; all of them are masked. */
const SHOWN = 20;

/** What was found: where, the columns that look as if they should be masked, and what doctor would say. */
export function renderDiscovery(found: Discovery): string {
  const { where, trial, masks } = found;
  if (isService(found)) return renderService(found);
  const { product, columns, databases } = trial.inside;
  const tables = new Set(columns.filter(({ of }) => of === 'table').map(({ relation }) => relation)).size;
  const others = databases.filter((name) => name !== where.database);
  const also = where.database === undefined || others.length === 0 ? '' : ` Also there: ${some(others)}.`;
  const head = `${product} at ${where.host}:${where.port}${where.database === undefined ? '' : `, database ${where.database}`}: ${counted(tables, 'table')}.${also}`;
  const rows = masks.flatMap(({ name, method, found }) => found.map((column) => [column, name, method]));
  const titles = [{ title: 'column' }, { title: 'looks like' }, { title: 'mask' }];
  const table =
    rows.length === 0 ? 'No column looks as if it needed a mask.\n' : renderTable(titles, rows.slice(0, SHOWN), terminalWidth());
  const more = rows.length > SHOWN ? `… and ${rows.length - SHOWN} more\n` : '';
  const findings = trial.results.filter(({ level }) => level !== 'ok').map((result) => finding(where.database ?? where.host, result));
  return `${visible(head)}\n\n${table}${more}\n${renderFindings(findings)}`;
}

/** What a service is, and what of that will stand in the file. */
function renderService({ where, trial }: Discovery): string {
  const { kind, options = {}, product, tokenHeader } = trial.inside;
  const lines = [
    `${product} at ${where.host}:${where.port}.`,
    ...(kind === 'language model' ? ['Its calls will count as reading; keys and personal data in prompts will be masked.'] : []),
    ...(kind === 'GitHub' ? ['Merges, workflows, releases and administration will wait for an approval.'] : []),
    ...(tokenHeader === undefined ? [] : [`It takes its token in ${tokenHeader}, and so will the gateway.`]),
    ...Object.entries(options).map(([key, value]) => `It did not say so by its name: ${key}: ${value} will stand in the file.`),
  ];
  // What the file will mend is said already.
  const settled = trial.results.filter(
    ({ check, level }) => level !== 'ok' && check !== 'kind' && !(check === 'login' && tokenHeader !== undefined),
  );
  const findings = renderFindings(settled.map((result) => finding(where.host, result)));
  return `${lines.map((line) => `${visible(line)}\n`).join('')}${findings === '' ? '' : `\n${findings}`}\n`;
}

/** `sallyport.yaml is written and valid; the password lies in secrets/shop.password.` */
export function written({ file, draft, passwordFile }: Begun): string {
  const { where } = draft;
  const { passwordEnv } = where;
  const place = passwordEnv === undefined ? passwordFile && `lies in ${near(passwordFile)}` : `comes from the variable ${passwordEnv}`;
  return `${near(file)} is written and valid${place === undefined ? '' : `; the ${where.byToken === true ? 'token' : 'password'} ${place}`}.`;
}

/** What to do now: statements for a better account where the given one may do too much, and lines to paste. */
export function renderBegun(begun: Begun): string {
  const account = leastAccount(begun);
  const lines = nextLines(begun.file, begun.draft);
  return [
    ...(account === null
      ? []
      : [
          heading('an account that may do no more than it needs: make it there as an administrator, then put it under credentials'),
          `${account}\n\n`,
        ]),
    ...lines.flatMap(({ title, line }) => [title === '' ? '' : heading(title), `${line}\n`]),
  ].join('');
}

/** Stable JSON. */
export interface BegunJson {
  readonly file: string;
  readonly target: string;
  readonly product: string;
  readonly listen: string;
  readonly admin: string;
  readonly tls: string;
  /** Why TLS is no `verify-full`. */
  readonly weaker: string | null;
  /** The reference that stands in the file. */
  readonly password: string | null;
  readonly masks: readonly {
    readonly name: string;
    readonly columns: readonly string[];
    readonly method: string;
    readonly found: readonly string[];
  }[];
  readonly findings: readonly Finding[];
  readonly least_account: string | null;
  readonly next: readonly string[];
}

export function begunJson(begun: Begun): BegunJson {
  const { file, draft, trial } = begun;
  const { beginning, product, listen, admin, tls, weaker = null, password = null } = draft;
  return {
    file,
    target: beginning.name,
    product,
    listen,
    admin,
    tls,
    weaker,
    password,
    masks: draft.masks.map(({ name, columns, method, found }) => ({ name, columns, method, found })),
    findings: trial.results.map((result) => finding(beginning.name, result)),
    least_account: leastAccount(begun),
    next: nextLines(file, draft).map(({ line }) => line),
  };
}

function leastAccount({ trial }: Begun): string | null {
  const plenty = trial.results.some(({ check, level }) => check === 'account' && level !== 'ok');
  return plenty ? trial.inside.leastAccount : null;
}

function heading(text: string): string {
  return `${colours.bold(`# ${visible(text)}`)}\n`;
}

function some(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}
