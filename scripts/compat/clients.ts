import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** A program that speaks PostgreSQL and what it takes to have it here. */
export interface Client {
  readonly name: string;
  /** Programs of the machine without which it cannot be tried. */
  readonly needs: readonly string[];
  /** Brings its packages into the cache; quick when they are there. */
  readonly prepare?: () => void;
  readonly command: readonly [string, ...string[]];
}

const HERE = import.meta.dirname;
const CACHE = join(HERE, '.cache');
const clientFile = (...parts: readonly string[]): string => join(HERE, 'clients', ...parts);
const cached = (...parts: readonly string[]): string => join(CACHE, ...parts);

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

function preparePython(): void {
  if (existsSync(cached('python', 'bin', 'pgcli'))) return;
  run('python3', ['-m', 'venv', cached('python')], HERE);
  run(cached('python', 'bin', 'pip'), ['install', '-q', '-r', clientFile('psycopg', 'requirements.txt')], HERE);
}

function prepareNode(): void {
  cpSync(clientFile('node'), cached('node'), { recursive: true });
  if (existsSync(cached('node', 'node_modules'))) return;
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
const node = (name: string): [string, ...string[]] => [process.execPath, cached('node', `${name}.mjs`)];

/** A program of one file beside pgjdbc's Checks. */
export function javaProgram(name: string): [string, ...string[]] {
  return ['java', '-cp', cached('java', '*'), clientFile('pgjdbc', `${name}.java`)];
}

/** In the order of the table. */
export const CLIENTS: readonly Client[] = [
  { name: 'psql', needs: ['psql'], command: shell('psql') },
  {
    name: 'pgcli',
    needs: ['python3'],
    prepare: preparePython,
    command: ['env', `PGCLI=${cached('python', 'bin', 'pgcli')}`, ...shell('pgcli')],
  },
  { name: 'node-postgres', needs: ['npm'], prepare: prepareNode, command: node('node-postgres') },
  { name: 'postgres.js', needs: ['npm'], prepare: prepareNode, command: node('postgres-js') },
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
  return client.needs.find((program) => !paths.some((path) => existsSync(join(path, program))));
}

export function makeCache(): void {
  mkdirSync(CACHE, { recursive: true });
}
