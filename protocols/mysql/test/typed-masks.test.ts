import type { Mask } from '@sallyport/core';
import mysql2, { type Connection, type RowDataPacket } from 'mysql2/promise';
import type { MariadbServer } from '../../../test-fixtures/servers/mariadb.ts';
import { mysqlFlavours } from '../../../test-fixtures/servers/mysql.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';

const redact: Mask = { rule: 'redact', method: 'redact', apply: () => '[redacted]', fixed: '[redacted]' };
/** Column type, a value of it, and what a client sees of a masked one. */
const COLUMNS: readonly (readonly [type: string, value: string, seen: string | null])[] = [
  ['varchar(20)', "'text'", '[redacted]'],
  ['char(5)', "'text'", '[redacted]'],
  ['longtext', "repeat('x', 70000)", '[redacted]'],
  ["enum('a', 'b')", "'a'", '[redacted]'],
  ["set('a', 'b')", "'a,b'", '[redacted]'],
  ['varbinary(20)', "x'00ff'", '[redacted]'],
  ['blob', "x'ff00ff'", '[redacted]'],
  ['tinyint', '-7', null],
  ['smallint unsigned', '60000', null],
  ['mediumint', '-70000', null],
  ['int', '70000', null],
  ['bigint unsigned', '18446744073709551615', null],
  ['decimal(30,10)', '12345.6789', null],
  ['float', '1.5', null],
  ['double', '2.5', null],
  ['bit(9)', "b'101010101'", null],
  ['year', '2025', null],
  ['date', "'2025-11-21'", null],
  ['time(6)', "'-26:03:04.000005'", null],
  ['datetime(3)', "'2025-11-21 14:30:05.123'", null],
  ['timestamp', "'2025-11-21 14:30:05'", null],
  ['point', 'point(1, 2)', null],
];

describe.each(mysqlFlavours())('$name', ({ start }) => {
  // The driver has parsed a JSON mask where it knows that the column is JSON: MariaDB's is a longtext.
  const columns = [...COLUMNS, ['json', `'{"card":"4111"}'`, '[redacted]'] as const];
  const sql = `SELECT ${columns.map((_, index) => `m${index}, c${index}`).join(', ')} FROM typed`;
  let server: MariadbServer;
  let gateway: TestGateway;
  let clients: { readonly direct: Connection; readonly masked: Connection };

  beforeAll(async () => {
    server = await start();
    const { host, port, user, password, database } = server;
    const direct = await mysql2.createConnection({ host, port, user, password, database });
    await direct.query(`CREATE TABLE typed (${columns.map(([type], index) => `m${index} ${type}, c${index} ${type}`).join(', ')})`);
    await direct.query(
      `INSERT INTO typed VALUES (${columns.map(([, value]) => `${value}, ${value}`).join(', ')}), (${columns.map(() => 'NULL, NULL').join(', ')})`,
    );
    const masks = Object.fromEntries(columns.map((_, index) => [`shop.typed.m${index}`, redact]));
    gateway = await startTestGateway(targetAt(server), { masks });
    clients = { direct, masked: await mysql2.createConnection({ host: '127.0.0.1', port: gateway.port, user: 'alice', password: TOKEN }) };
  }, 120_000);

  afterAll(async () => {
    await clients?.masked.end();
    await clients?.direct.end();
    await gateway?.close();
    await server?.stop();
  });

  const read = async (client: Connection, how: 'query' | 'execute'): Promise<readonly (readonly unknown[])[]> => {
    const options = { sql, rowsAsArray: true };
    const [rows] = how === 'query' ? await client.query<RowDataPacket[][]>(options) : await client.execute<RowDataPacket[][]>(options);
    return rows;
  };
  const parsed = (value: unknown): unknown => (typeof value === 'string' && value.startsWith('{') ? JSON.parse(value) : value);
  const text = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.toString() : value);

  test.each(['query', 'execute'] as const)(
    'a masked value is one of its column’s type, or NULL; those beside it are whole: %s',
    async (how) => {
      const [plain, seen] = [await read(clients.direct, how), await read(clients.masked, how)];
      for (const [index, [type, , mask]] of columns.entries()) {
        expect([type, text(seen[0]?.[index * 2])]).toEqual([type, mask]);
        expect([type, parsed(seen[0]?.[index * 2 + 1])]).toEqual([type, parsed(plain[0]?.[index * 2 + 1])]);
        expect([type, seen[1]?.[index * 2], seen[1]?.[index * 2 + 1]]).toEqual([type, null, null]);
      }
      expect(gateway.gate.notes.at(-1)).toMatchObject({ type: 'result', state: 'completed', masked: { redact: columns.length } });
    },
  );

  test('what was hidden is found again in text form, numbers and dates of both protocols too', async () => {
    const prints = (): unknown[] => gateway.gate.prints.flatMap((event) => Object.values(event)).flat();
    for (const how of ['query', 'execute'] as const) {
      gateway.gate.prints.length = 0;
      await read(clients.masked, how);
      for (const value of ['60000', '18446744073709551615', '12345.6789000000', '2025-11-21', '-26:03:04.000005']) {
        const print = gateway.gate.fingerprint('value', value).slice(0, 16);
        expect([how, value, prints().includes(print)]).toEqual([how, value, true]);
      }
    }
  });
});
