/**
 * Tries test-fixtures/mysql/evasion.sql with mysql2 and Connector/J, directly and through a gateway with masks, at each
 * server that is here, and then looks through all that the gateway has kept:
 *
 *   node scripts/compat/mysql-evasion.ts
 *
 * Exit code 1 when an attempt shows the secret through the gateway, or the gateway has kept it.
 */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ATTEMPTS, evasionFile, SECRET_COLUMNS, traceIn } from '../../test-fixtures/mysql/secret.ts';
import { type Gateway, startGateway } from '../../test-fixtures/servers/gateway.ts';
import { keptBy } from '../../test-fixtures/servers/kept-data.ts';
import type { MariadbServer } from '../../test-fixtures/servers/mariadb.ts';
import { type MysqlFlavour, mysqlFlavours } from '../../test-fixtures/servers/mysql.ts';
import { type Client, makeCache, missingProgram, nodeClient } from './clients.ts';
import { MYSQL_CLIENTS, mysqlJava } from './mysql-clients.ts';

const run = promisify(execFile);
const COLLECTING = ['--performance-schema=ON', '--log-bin-trust-function-creators=1', '--general-log', '--log-output=TABLE'];
const ARGS = { MariaDB: [...COLLECTING, '--log-bin', '--binlog-format=MIXED', '--secure-file-priv='], MySQL: COLLECTING };
const LAUNDERING = { name: 'nothing is copied', match: { launders: true }, action: 'deny' };
const FILES = [1, 2].map((number) => `/tmp/sallyport-evasion-${number}`);

const connectorJ = MYSQL_CLIENTS.find(({ name }) => name === 'Connector/J');
if (connectorJ === undefined) throw new Error('Connector/J is no client of this list.');
const PROGRAMS: readonly Client[] = [
  { ...nodeClient('mysql2-evasion'), name: 'mysql2' },
  { ...connectorJ, command: mysqlJava('Evasion') },
];

function environment(server: string, direct: MariadbServer, place: MariadbServer | Gateway): NodeJS.ProcessEnv {
  const named = (prefix: string, { host, port, user, password }: MariadbServer | Gateway): NodeJS.ProcessEnv => ({
    ...{ [`${prefix}_HOST`]: host, [`${prefix}_PORT`]: String(port), [`${prefix}_USER`]: user },
    ...{ [`${prefix}_PASSWORD`]: password, [`${prefix}_NAME`]: direct.database },
  });
  return {
    ...process.env,
    ...{ SERVER: server, ...named('DIRECT', direct), ...named('DB', place) },
    ...('caFile' in place && { DB_CA: place.caFile, DB_HOST: 'localhost' }),
  };
}

/** Attempts that showed the secret, each with its way. */
async function shown(client: Client, env: NodeJS.ProcessEnv): Promise<{ readonly tries: number; readonly by: readonly string[] }> {
  const [program, ...args] = client.command;
  const files = (['evasion.sql', 'evasion-seed.sql'] as const).map((name) => fileURLToPath(evasionFile(name)));
  for (const file of FILES) rmSync(file, { force: true });
  const { stdout } = await run(program, [...args, ...files], { env, maxBuffer: 1 << 28 });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t') as [string, string, string]);
  const by = lines.filter(([, , seen]) => traceIn(Buffer.from(seen, 'base64')) !== undefined);
  return { tries: lines.length, by: by.map(([number, way]) => `${way}: ${ATTEMPTS[Number(number)]?.[1]}`) };
}

/** Whether nothing was shown, and nothing kept. */
async function tryAt({ name, start }: MysqlFlavour): Promise<boolean> {
  await using stack = new AsyncDisposableStack();
  const server = await start({ args: ARGS[name] });
  stack.defer(() => server.stop());
  const gateway = await startGateway({ target: server, protocol: 'mysql', masked: SECRET_COLUMNS, rules: [LAUNDERING] });
  stack.defer(() => gateway.stop());
  let clean = true;
  for (const client of PROGRAMS) {
    const missing = missingProgram(client);
    if (missing !== undefined) throw new Error(`Not tried: ${missing} is not installed here.`);
    client.prepare?.();
    const direct = await shown(client, environment(name, server, server));
    const through = await shown(client, environment(name, server, gateway));
    console.log(
      `${name}, ${client.name}: ${direct.by.length} of ${direct.tries} show it directly, ${through.by.length} through the gateway`,
    );
    for (const attempt of through.by) console.log(`  ${attempt}`);
    clean &&= through.by.length === 0;
  }
  let [kept, bytes] = [0, 0];
  for await (const each of keptBy(gateway)) {
    bytes += each.length;
    if (traceIn(each) !== undefined) kept += 1;
  }
  console.log(`${name}: ${kept} of the values and files that the gateway has kept hold it (${Math.round(bytes / 1024)} KiB)`);
  return clean && kept === 0;
}

makeCache();
for (const flavour of mysqlFlavours()) if (!(await tryAt(flavour))) process.exitCode = 1;
for (const file of FILES) rmSync(file, { force: true });
