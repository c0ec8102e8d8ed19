import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A program that speaks a database's protocol and what it takes to have it here. */
export interface Client {
  readonly name: string;
  /** Programs of the machine without which it cannot be tried. */
  readonly needs: readonly string[];
  /** Brings its packages into the cache; quick when they are there. */
  readonly prepare?: () => void;
  readonly command: readonly [string, ...string[]];
  /** A server, by its table's title, to which it cannot speak by itself, or not at all. */
  readonly unable?: { readonly title: string; readonly routes: 'direct' | 'all'; readonly why: string };
}

const HERE = import.meta.dirname;
const CACHE = join(HERE, '.cache');
export const clientFile = (...parts: readonly string[]): string => join(HERE, 'clients', ...parts);
export const cached = (...parts: readonly string[]): string => join(CACHE, ...parts);

export function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

function preparePython(): void {
  if (existsSync(cached('python', 'bin', 'pgcli'))) return;
  run('python3', ['-m', 'venv', cached('python')], HERE);
  run(cached('python', 'bin', 'pip'), ['install', '-q', '-r', clientFile('psycopg', 'requirements.txt')], HERE);
}

function prepareNode(): void {
  const wanted = readFileSync(clientFile('node', 'package-lock.json'));
  const lock = cached('node', 'package-lock.json');
  const current = existsSync(cached('node', 'node_modules')) && readFileSync(lock).equals(wanted);
  cpSync(clientFile('node'), cached('node'), { recursive: true });
  if (current) return;
  run('npm', ['ci', '--silent', '--no-audit', '--no-fund'], cached('node'));
}

function prepareGo(): void {
  run('go', ['build', '-o', cached('pgx'), '.'], clientFile('pgx'));
}

function prepareJava(): void {
  if (existsSync(cached('java'))) return;
  run('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${cached('java')}`], clientFile('pgjdbc'));
}

const shell = (name: string): [string, ...string[]] => ['sh', clientFile(`${name}.sh`)];

/** A program among those of Node.js. */
export function nodeClient(file: string, name = file): Client {
  return { name, needs: ['npm'], prepare: prepareNode, command: [process.execPath, cached('node', `${file}.mjs`)] };
}

/** A program of one file beside pgjdbc's Checks. */
export function javaProgram(name: string): [string, ...string[]] {
  return ['java', '-cp', cached('java', '*'), clientFile('pgjdbc', `${name}.java`)];
}

/** Those of PostgreSQL, in the order of the table. */
export const CLIENTS: readonly Client[] = [
  { name: 'psql', needs: ['psql'], command: shell('psql') },
  {
    name: 'pgcli',
    needs: ['python3'],
    prepare: preparePython,
    command: ['env', `PGCLI=${cached('python', 'bin', 'pgcli')}`, ...shell('pgcli')],
  },
  nodeClient('node-postgres'),
  nodeClient('postgres-js', 'postgres.js'),
  {
    name: 'psycopg',
    needs: ['python3'],
    prepare: preparePython,
    command: [cached('python', 'bin', 'python'), clientFile('psycopg', 'checks.py')],
  },
  { name: 'pgx', needs: ['go'], prepare: prepareGo, command: [cached('pgx')] },
  {
    name: 'pgjdbc',
    needs: ['java', 'mvn'],
    prepare: prepareJava,
    command: javaProgram('Checks'),
  },
  { name: 'pgbench', needs: ['pgbench'], command: shell('pgbench') },
  { name: 'pg_dump', needs: ['pg_dump', 'pg_restore'], command: shell('pg-dump') },
];

/** The first program that the machine lacks; undefined when the client can be tried. */
export function missingProgram(client: Client): string | undefined {
  const paths = (process.env['PATH'] ?? '').split(':');
  return client.needs.find((program) => !existsSync(resolve('/', program)) && !paths.some((path) => existsSync(join(path, program))));
}

export function makeCache(): void {
  mkdirSync(CACHE, { recursive: true });
}
