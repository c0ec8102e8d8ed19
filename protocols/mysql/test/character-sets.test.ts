import { createHash } from 'node:crypto';
import type { Mask } from '@sallyport/core';
import mysql2, { type Connection, type RowDataPacket } from 'mysql2/promise';
import type { MariadbServer } from '../../../test-fixtures/servers/mariadb.ts';
import { mysqlFlavours } from '../../../test-fixtures/servers/mysql.ts';
import { characterSet } from '../src/codec/character-sets.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';

const digest = (value: string): string => `h_${createHash('sha256').update(value).digest('hex').slice(0, 12)}`;
const hash: Mask = { rule: 'hash', method: 'hash', apply: digest };
const partial: Mask = { rule: 'partial', method: 'partial', apply: (value) => `**${value.slice(-2)}` };
const VALUES = [
  'plain',
  'caf\u00e9',
  '\u20ac 5',
  '\u043a\u043b\u044e\u0447',
  '\u0437\u0430\u043c\u043e',
  '\u{1f600}',
  '\u{1f511}',
  'why?',
  '????',
];
const RESULTS = ['utf8mb4', 'utf8mb3', 'latin1', 'ascii', 'cp1251', 'gbk', 'binary', 'NULL'];

describe.each(mysqlFlavours())('$name', ({ start }) => {
  let server: MariadbServer;
  let gateway: TestGateway;
  let direct: Connection;

  beforeAll(async () => {
    server = await start({ args: ['--character-set-server=utf8mb4'] });
    const { host, port, user, password, database } = server;
    direct = await mysql2.createConnection({ host, port, user, password, database, charset: 'utf8mb4' });
    await direct.query(
      'CREATE TABLE people (id int, secret varchar(60), tail varchar(60), old varchar(60) CHARACTER SET latin1, `pr\u00e9nom` varchar(60))',
    );
    for (const [id, value] of VALUES.entries())
      await direct.execute('INSERT INTO people VALUES (?, ?, ?, ?, ?)', [id, value, value, id < 3 ? value : null, value]);
    gateway = await startTestGateway(targetAt(server), {
      masks: { 'shop.people.secret': hash, 'shop.people.tail': partial, 'shop.people.old': hash, 'shop.people.pr\u00e9nom': hash },
    });
  }, 120_000);

  afterAll(async () => {
    await direct?.end();
    await gateway?.close();
    await server?.stop();
  });

  const connected = (): Promise<Connection> =>
    mysql2.createConnection({ host: '127.0.0.1', port: gateway.port, user: 'alice', password: TOKEN, charset: 'utf8mb4' });

  /** What the identity sees of each value, read by position. */
  async function seen(results: string, how: 'query' | 'execute'): Promise<readonly (readonly (string | null)[])[]> {
    const client = await connected();
    try {
      await client.query(`SET character_set_results = ${results}`);
      const sql = 'SELECT secret, old, `pr\u00e9nom` FROM people ORDER BY id';
      const options = { sql, rowsAsArray: true };
      const [rows] = how === 'query' ? await client.query<RowDataPacket[][]>(options) : await client.execute<RowDataPacket[][]>(options);
      return rows.map((row) => row.map((cell: unknown) => (cell === null ? null : String(cell))));
    } finally {
      await client.end();
    }
  }

  test.each(['query', 'execute'] as const)('a hash is the value’s whatever it came in, or there is none: %s', async (how) => {
    for (const results of RESULTS) {
      for (const [id, [secret, old, named]] of (await seen(results, how)).entries()) {
        const [value = ''] = [VALUES[id]];
        const wanted = [digest(value), null];
        expect([results, value, wanted.includes(secret ?? null), wanted.includes(old ?? null), wanted.includes(named ?? null)]).toEqual([
          results,
          value,
          true,
          true,
          true,
        ]);
        const always = results === 'utf8mb4' || (id === 0 && results !== 'gbk' && results !== 'cp1251');
        if (always) expect([results, value, secret]).toEqual([results, value, digest(value)]);
        if (results === 'latin1' && id < 3) expect([value, secret, old, named]).toEqual([value, ...Array(3).fill(digest(value))]);
      }
    }
  });

  test('a partial mask is written in the result’s own character set', async () => {
    const client = await connected();
    await client.query('SET character_set_results = latin1');
    const [rows] = await client.query<RowDataPacket[]>('SELECT tail FROM people WHERE id = 1');
    expect(rows).toEqual([{ tail: '**f\u00e9' }]);
    await client.end();
  });

  test.each(['utf16', 'ucs2', 'utf32'])('results in %s end the session with a sentence', async (results) => {
    const client = await connected();
    const lost = new Promise<Error>((resolve) => client.on('error', resolve));
    await client.query(`SET character_set_results = ${results}`);
    const refusal = client.query('SELECT secret FROM people').catch((error: Error) => error);
    const told = await Promise.race([refusal, lost]);
    expect(String(told)).toContain('character_set_results is one that the gateway cannot look into');
    client.destroy();
  });

  test('every collation of the server is taken for what it is', async () => {
    const list = /MariaDB/.test(String(await version()))
      ? 'SELECT id, character_set_name AS cs FROM information_schema.collation_character_set_applicability'
      : 'SELECT id, character_set_name AS cs FROM information_schema.collations';
    const [rows] = await direct.query<RowDataPacket[]>(list);
    const wide = new Set(['ucs2', 'utf16', 'utf16le', 'utf32', 'swe7']);
    const known = new Set(['utf8mb4', 'utf8mb3', 'latin1', 'ascii', 'binary']);
    const wrong = rows.filter(({ id, cs }) => {
      const taken = characterSet(Number(id));
      return taken !== (wide.has(cs) ? 'unreadable' : known.has(cs) ? cs : 'readable');
    });
    expect(wrong).toEqual([]);
  });

  async function version(): Promise<unknown> {
    const [rows] = await direct.query<RowDataPacket[]>('SELECT VERSION() AS version');
    return rows[0]?.version;
  }
});
