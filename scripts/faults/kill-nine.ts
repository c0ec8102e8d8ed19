/**
 * Kills the gateway with SIGKILL while pgbench writes through it, again and again, and holds what
 * the database got against what is on record.
 *
 *   node scripts/faults/kill-nine.ts [ROUNDS]      (default 50)
 *
 * Each round has a data_dir of its own. Promises, for `strict`: no row is in the database whose
 * statement is not on record; every store verifies after the next start.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGateway } from '../../test-fixtures/servers/gateway.ts';
import { type PostgresServer, startPostgres } from '../../test-fixtures/servers/postgres.ts';

const SALLYPORT = fileURLToPath(new URL('../../sallyport', import.meta.url));
const CLIENTS = '4';
const MODES = ['simple', 'extended', 'prepared'] as const;
const run = promisify(execFile);

/** One round's finding. */
interface Round {
  readonly mode: string;
  /** Rows that the database got, and statements on record. */
  readonly rows: number;
  readonly recorded: number;
  /** Rows without a record: must be none. */
  readonly missing: readonly string[];
  readonly verified: boolean;
}

async function main(rounds: number): Promise<void> {
  const database = await startPostgres({ version: 15 });
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-kill-'));
  let bad = 0;
  try {
    const script = join(folder, 'insert.sql');
    await writeFile(script, '\\set id random(1, 9000000000000000000)\nINSERT INTO kill_nine VALUES (:id);\n');
    await sql(database, 'CREATE TABLE kill_nine (id bigint)');
    for (let number = 1; number <= rounds; number++) {
      const round = await kill(database, script, MODES[number % MODES.length] ?? 'simple');
      const good = round.missing.length === 0 && round.verified;
      if (!good) bad += 1;
      const verdict = round.verified ? 'verified' : 'NOT VERIFIED';
      console.log(
        `${String(number).padStart(3)}/${rounds}  ${round.mode.padEnd(8)}  ${round.rows} rows  ${round.recorded} on record  ${round.missing.length} missing  ${verdict}`,
      );
    }
  } finally {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${rounds - bad} passed, ${bad} failed`);
  process.exitCode = bad === 0 ? 0 : 1;
}

async function kill(database: PostgresServer, script: string, mode: (typeof MODES)[number]): Promise<Round> {
  await sql(database, 'TRUNCATE kill_nine');
  const gateway = await startGateway({ target: database, durability: 'strict' });
  try {
    const args = [
      '-n',
      '-f',
      script,
      '-M',
      mode,
      '-c',
      CLIENTS,
      '-T',
      '30',
      '-h',
      gateway.host,
      '-p',
      String(gateway.port),
      '-U',
      gateway.user,
      database.database,
    ];
    const pgbench = spawn('pgbench', args, {
      stdio: 'ignore',
      env: { ...process.env, PGPASSWORD: gateway.password, PGSSLMODE: 'disable' },
    });
    const ended = once(pgbench, 'exit');
    await written(database);
    await delay(Math.random() * 900);
    process.kill(gateway.pid, 'SIGKILL');
    await ended;
    await quiet(database);
    const rows = (await sql(database, 'SELECT id FROM kill_nine')).split('\n').filter((id) => id !== '');
    await restart(gateway.config, database.password);
    const recorded = await recordedIds(gateway.config);
    return {
      mode,
      rows: rows.length,
      recorded: recorded.size,
      missing: rows.filter((id) => !recorded.has(id)),
      verified: await verified(gateway.config),
    };
  } finally {
    await gateway.stop();
  }
}

/** Waits for the first row: a kill before it would prove nothing. */
async function written(database: PostgresServer): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await sql(database, 'SELECT EXISTS (SELECT FROM kill_nine)')).trim() === 't') return;
    await delay(50);
  }
  throw new Error('Nothing was written through the gateway within 10 s.');
}

/** Waits until the database has done with what was still in its sockets. */
async function quiet(database: PostgresServer): Promise<void> {
  const others = 'SELECT count(*) FROM pg_stat_activity WHERE backend_type = $$client backend$$ AND pid <> pg_backend_pid()';
  for (let tries = 0; tries < 200; tries++) {
    if ((await sql(database, others)).trim() === '0') return;
    await delay(50);
  }
  throw new Error('The database still has clients 10 s after the gateway was killed.');
}

/** Starts the gateway once more, so that it seals what it had left open, and ends it in peace. */
async function restart(config: string, password: string): Promise<void> {
  const serve = spawn(SALLYPORT, ['serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TARGET_PASSWORD: password },
  });
  await once(serve.stdout, 'data');
  serve.kill('SIGTERM');
  await once(serve, 'exit');
}

async function recordedIds(config: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const { id } of JSON.parse(await sallyport('sessions', 'list', '--config', config, '--json')) as { id: string }[]) {
    const { events } = JSON.parse(await sallyport('sessions', 'show', id, '--config', config, '--json')) as {
      events: { type: string; text?: string; parameters?: (string | null)[] }[];
    };
    for (const { type, text = '', parameters = [] } of events) {
      if (type !== 'command') continue;
      for (const found of text.match(/\d{3,}/g) ?? []) ids.add(found);
      for (const value of parameters) if (value !== null) ids.add(value);
    }
  }
  return ids;
}

async function verified(config: string): Promise<boolean> {
  try {
    await sallyport('verify', '--config', config);
    return true;
  } catch (error) {
    console.log((error as { stdout?: string }).stdout ?? error);
    return false;
  }
}

async function sallyport(...args: string[]): Promise<string> {
  const { stdout } = await run(SALLYPORT, args, { maxBuffer: 1 << 28 });
  return stdout;
}

async function sql(database: PostgresServer, text: string): Promise<string> {
  const { stdout } = await run('psql', ['-X', '-A', '-t', '-c', text, database.connectionString], { maxBuffer: 1 << 28 });
  return stdout;
}

await main(Number(process.argv[2] ?? 50));
