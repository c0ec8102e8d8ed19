import { type PostgresServer, startPostgres } from '../../../../test-fixtures/servers/postgres.ts';
import { targetAt } from '../../test/test-target.ts';
import { type OwnConnection, openOwnConnection } from './own-connection.ts';

describe("the gateway's own connection to a real PostgreSQL", () => {
  let server: PostgresServer;
  let connection: OwnConnection;

  beforeAll(async () => {
    server = await startPostgres({ version: 15, port: 21_001 });
    connection = await openOwnConnection(targetAt(server), 'postgres', AbortSignal.timeout(10_000));
  });
  afterAll(async () => {
    connection?.close();
    await server.stop();
  });

  test('asks with parameters and gets text cells', async () => {
    expect(connection.parameters.get('server_version')).toMatch(/^15/);
    expect(await connection.query('SELECT $1::int + 1, $2::text, NULL', ['41', 'ä'])).toEqual([['42', 'ä', null]]);
    expect(await connection.query('SET lock_timeout = 1000')).toEqual([]);
  });

  test('describes a statement without running it', async () => {
    const fields = await connection.describe('SELECT oid, relname AS n, 1 + 1 FROM pg_class');
    expect(fields.map(({ name, tableOid, column }) => [name, tableOid, column])).toEqual([
      ['oid', 1259, 1],
      ['n', 1259, 2],
      ['?column?', 0, 0],
    ]);
    expect(await connection.describe('CREATE TABLE t (a int)')).toEqual([]);
  });

  test('goes on after a refused statement, and answers questions in their order', async () => {
    const answers = await Promise.allSettled([
      connection.query('SELECT 1'),
      connection.query('SELECT nonsense'),
      connection.query('SELECT 3'),
    ]);
    expect(answers[0]).toMatchObject({ value: [['1']] });
    expect(answers[1]).toMatchObject({ reason: { sqlState: '42703' } });
    expect(answers[2]).toMatchObject({ value: [['3']] });
  });

  test('takes many and large rows', async () => {
    const rows = await connection.query("SELECT i, repeat('x', 20000) FROM generate_series(1, 500) i");
    expect(rows).toHaveLength(500);
    expect(rows.at(-1)?.[1]).toHaveLength(20_000);
  });

  test('says when the target has ended it', async () => {
    const other = await openOwnConnection(targetAt(server), 'postgres', AbortSignal.timeout(10_000));
    const [[pid]] = (await other.query('SELECT pg_backend_pid()')) as [[string]];
    await connection.query('SELECT pg_terminate_backend($1)', [pid]);
    await expect(other.query('SELECT 1')).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE' });
    expect(other.alive).toBe(false);
  });
});
