import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Address, Suite, Verdicts } from './suite.ts';

const VERSION = 'v5.12.0';
const SOURCE = join(import.meta.dirname, '.cache', `pgx-${VERSION}`);
const SUITE_LIMIT = '10m';
/** Where its tests look for a server: by any way, by TCP, and with SCRAM. What needs another one (a socket, PgBouncer, OAuth) is skipped. */
const ADDRESSES = ['PGX_TEST_DATABASE', 'PGX_TEST_TCP_CONN_STRING', 'PGX_TEST_SCRAM_PASSWORD_CONN_STRING'];

/** pgx's own tests, some 2,700: Go modules carry their tests, and Go checks the module's sum. */
export const pgx: Suite = {
  name: 'pgx',
  needs: ['go'],
  database: 'pgx_test',
  setup: ['CREATE EXTENSION hstore', 'CREATE EXTENSION ltree', 'CREATE DOMAIN uint64 AS numeric(20, 0)'],

  async prepare() {
    if (existsSync(SOURCE)) return;
    const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', `github.com/jackc/pgx/v5@${VERSION}`]);
    const { Dir: folder } = JSON.parse(stdout) as { readonly Dir: string };
    await cp(folder, SOURCE, { recursive: true });
  },

  async run(server: Address): Promise<Verdicts> {
    const { host, port, user, password } = server;
    const address = `host=${host} port=${port} user=${user} password=${password} dbname=pgx_test`;
    const env = { ...process.env, ...Object.fromEntries(ADDRESSES.map((name) => [name, address])) };
    const args = ['test', '-json', '-count=1', '-p=1', '-vet=off', `-timeout=${SUITE_LIMIT}`, './...'];
    const child = spawn('go', args, { cwd: SOURCE, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const verdicts = new Map<string, 'pass' | 'fail' | 'skip'>();
    for await (const line of createInterface({ input: child.stdout })) {
      const event = asEvent(line);
      if (event?.Test === undefined) continue; // a package's own verdict repeats those of its tests
      if (event.Action === 'pass' || event.Action === 'fail' || event.Action === 'skip') {
        verdicts.set(`${event.Package.replace('github.com/jackc/pgx/v5', '.')} ${withoutFolders(event.Test)}`, event.Action);
      }
    }
    return verdicts;
  },
};

interface GoEvent {
  readonly Action: string;
  readonly Package: string;
  readonly Test?: string;
}

/** Some tests have a temporary folder's name in theirs, another one in each run. */
function withoutFolders(test: string): string {
  return test.replaceAll(/\/tmp\/\w+?\d{6,}\//g, '/tmp/');
}

/** undefined for the lines that are no event: what a build prints. */
function asEvent(line: string): GoEvent | undefined {
  return line.startsWith('{') ? (JSON.parse(line) as GoEvent) : undefined;
}
