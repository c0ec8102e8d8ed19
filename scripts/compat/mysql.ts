import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { type Gateway, startGateway } from '../../test-fixtures/servers/gateway.ts';
import type { MariadbServer } from '../../test-fixtures/servers/mariadb.ts';
import { type MysqlFlavour, mysqlFlavours } from '../../test-fixtures/servers/mysql.ts';
import { approveAll } from './approver.ts';
import { clientFile } from './clients.ts';
import { MYSQL_CLIENTS } from './mysql-clients.ts';
import { type Route, type Tally, tryAll } from './trial.ts';

const NOT_WITH_MASKS: ReadonlyMap<string, string> = new Map([
  ['call', 'CALL is refused to sessions with masks: nobody knows what a procedure shows (L-59)'],
]);
const RULES = [
  { name: 'nothing forbidden', match: { relations: ['shop.forbidden'], class: ['write'] }, action: 'deny' },
  {
    name: 'somebody looks at it first',
    match: { relations: ['shop.guarded', 'shop.ignored'], class: ['write'] },
    action: 'hold',
    approval: { groups: ['approvers'] },
  },
];
const MASKED = ['shop.protected.secret', 'shop.protected.amount'];
const RESET = 'DELETE FROM kept; DELETE FROM loose; DELETE FROM guarded; DELETE FROM big';
/** Rows and parameters of 17 MiB must fit. */
const ARGS = ['--max-allowed-packet=64M'];
const certificate = (name: string): string => fileURLToPath(new URL(`../../test-fixtures/certificates/${name}`, import.meta.url));
const TLS = { cert: readFileSync(certificate('localhost.pem'), 'utf8'), key: readFileSync(certificate('localhost.key'), 'utf8') };

/** Clients of MySQL and MariaDB, with either server that is here. @param names of clients; none: all. */
export async function tryMysql(names: readonly string[], directOnly: boolean): Promise<Tally> {
  const chosen = names.length === 0 ? MYSQL_CLIENTS : MYSQL_CLIENTS.filter(({ name }) => names.includes(name));
  let [passed, failed] = [0, 0];
  for (const flavour of chosen.length === 0 ? [] : mysqlFlavours()) {
    const tally = await tryFlavour(flavour, chosen, directOnly);
    passed += tally.passed;
    failed += tally.failed;
  }
  return { passed, failed };
}

async function tryFlavour({ name, start }: MysqlFlavour, clients: typeof MYSQL_CLIENTS, directOnly: boolean): Promise<Tally> {
  await using stack = new AsyncDisposableStack();
  const server = await start({ args: ARGS, tls: TLS });
  stack.defer(() => server.stop());
  for (const name of ['mysql-seed.sql', 'mysql-all-types.sql']) await feed(server, createReadStream(clientFile(name)));
  const direct = settings('DIRECT', server, certificate('ca.pem'));
  const routes = [route('direct', server, certificate('ca.pem'), direct)];
  for (const masked of directOnly ? [] : [false, true]) {
    const gateway = await startGateway({
      ...{ target: server, protocol: 'mysql', databases: ['mysql', 'source', 'copy'], rules: RULES },
      ...(masked && { masked: MASKED }),
    });
    stack.defer(() => gateway.stop());
    const stop = await approveAll(gateway, 'ignored');
    stack.defer(async () => {
      const pending = await stop();
      if (pending.length > 0) throw new Error(`Clients that had left are still waited for: ${JSON.stringify(pending)}`);
    });
    routes.push(route(masked ? 'masked' : 'gateway', gateway, gateway.caFile, direct));
  }
  return await tryAll({ title: name, clients, routes, reset: () => feed(server, [RESET]), notWithMasks: NOT_WITH_MASKS });
}

type Address = MariadbServer | Gateway;
type Settings = Readonly<Record<string, string>>;

function settings(prefix: 'DB' | 'DIRECT', { host, port, user, password }: Address, caFile: string): Settings {
  const values = { HOST: host, PORT: String(port), USER: user, PASSWORD: password, NAME: 'shop', CA: caFile };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}_${name}`, value]));
}

function route(name: 'direct' | 'gateway' | 'masked', address: Address, caFile: string, direct: Settings): Route {
  const env = { ...direct, ...settings('DB', address, caFile), DB_ROUTE: name };
  return { name: name === 'masked' ? 'with masks' : name, masked: name === 'masked', env };
}

/** Runs SQL at the server itself. */
async function feed({ host, port, user, password, database }: MariadbServer, sql: Iterable<string> | NodeJS.ReadableStream): Promise<void> {
  const args = [
    '--no-defaults',
    `--host=${host}`,
    `--port=${port}`,
    `--user=${user}`,
    '--protocol=TCP',
    '--default-character-set=utf8mb4',
    database,
  ];
  const child = spawn('mariadb', args, { stdio: ['pipe', 'ignore', 'inherit'], env: { ...process.env, MYSQL_PWD: password } });
  const exit = once(child, 'exit');
  await pipeline(sql, child.stdin);
  const [code] = (await exit) as [number | null];
  if (code !== 0) throw new Error('mariadb could not prepare the database.');
}
