/**
 * Sends the statements of test-fixtures/mysql/classify.tsv that claim to be MariaDB's to a real one, and lists those that
 * it cannot parse. Starts a server of its own and stops it again: `node scripts/mysql-syntax.ts`.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SYNTAX_ERROR = /ERROR 1064/;
/** Enough for the statements that cannot do harm: all others are to be refused, which comes after parsing. */
const SETUP = `CREATE DATABASE scratch; CREATE USER nobody@localhost; GRANT SELECT, INSERT, UPDATE, DELETE ON scratch.* TO nobody@localhost;
CREATE TABLE scratch.t (id INT, a INT, b INT, c INT, d DATETIME, n INT, name TEXT, active INT, s TEXT, INDEX i (a));
CREATE TABLE scratch.u (id INT, a INT, b INT, INDEX k (a)); CREATE TABLE scratch.v (a INT, b INT);`;

const folder = mkdtempSync(join(tmpdir(), 'mysql-syntax-'));
const socket = join(folder, 'socket');
const owner = process.getuid?.() === 0 ? ['--user=root'] : [];
execFileSync('mariadb-install-db', [...owner, `--datadir=${folder}/data`, '--auth-root-authentication-method=normal', '--skip-test-db'], {
  stdio: 'ignore',
});
const server = spawn('mariadbd', ['--no-defaults', ...owner, `--datadir=${folder}/data`, `--socket=${socket}`, '--skip-networking'], {
  stdio: 'ignore',
});

function run(user: string, text: string, ...more: readonly string[]): string {
  const { stdout, stderr } = spawnSync(
    'mariadb',
    ['--no-defaults', `--socket=${socket}`, `--user=${user}`, '--comments', ...more, '--execute', text],
    {
      encoding: 'utf8',
    },
  );
  return stdout + stderr;
}

try {
  for (let attempt = 0; attempt < 100 && run('root', 'SELECT 1').includes('ERROR'); attempt += 1) await sleep(100);
  const broken = run('root', SETUP);
  if (broken !== '') throw new Error(`The server did not start: ${broken}`);
  const lines = readFileSync(new URL('../test-fixtures/mysql/classify.tsv', import.meta.url), 'utf8').split('\n');
  const texts = lines.filter((line) => /^(both|mariadb)\t/.test(line)).map((line) => line.split('\t').at(-1) ?? '');
  let refused = 0;
  for (const text of texts) {
    const answer = run('nobody', text, '--database=scratch', '--delimiter=\u0001');
    if (!SYNTAX_ERROR.test(answer)) continue;
    refused += 1;
    console.log(`${text}\n  ${answer.trim()}`);
  }
  console.log(`${texts.length} statements, ${refused} that MariaDB cannot parse`);
  process.exitCode = refused === 0 ? 0 : 1;
} finally {
  if (server.exitCode === null) {
    server.kill();
    await new Promise((done) => server.once('exit', done));
  }
  rmSync(folder, { recursive: true, force: true });
}
