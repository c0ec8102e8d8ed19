import { execFileSync } from 'node:child_process';
import { type PostgresVersion, startPostgres } from './postgres.ts';

const versions: readonly PostgresVersion[] = [15, 18];

test.each(versions)('a PostgreSQL %i answers with its password, and leaves nothing behind', async (version) => {
  const server = await startPostgres({ version, config: { application_name: "it's" } });
  const ask = (): string =>
    execFileSync('psql', [server.connectionString, '-Atc', 'show server_version_num'], { encoding: 'utf8', stdio: 'pipe' });
  try {
    expect(ask()).toMatch(new RegExp(`^${version}\\d{4}\n$`));
  } finally {
    await server.stop();
  }
  expect(ask).toThrow();
});
