import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Gateway, startGateway } from '../../../test-fixtures/servers/gateway.ts';
import { type MariadbServer, startMariadb } from '../../../test-fixtures/servers/mariadb.ts';

const run = promisify(execFile);
const COMMAND = fileURLToPath(new URL('../../../sallyport', import.meta.url));
const SEED = `CREATE TABLE customers (id int PRIMARY KEY, name varchar(50), card varchar(30));
  INSERT INTO customers VALUES (1, 'Ann', '4111'), (2, 'Bob', NULL)`;

let server: MariadbServer;
let gateway: Gateway;

beforeAll(async () => {
  server = await startMariadb();
  gateway = await startGateway({ target: server, protocol: 'mysql', masked: ['shop.customers.card'] });
}, 120_000);

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
}, 60_000);

async function sallyport(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, SALLYPORT_TOKEN: gateway.password, SALLYPORT_CONFIG: gateway.config };
  return (await run(COMMAND, [...args], { env })).stdout;
}

interface Listed {
  readonly id: string;
  readonly protocol: string;
  readonly state: string;
  readonly sealed: boolean;
}

describe('the whole command', () => {
  test('a client’s session is decided on, masked, recorded, replayed and verified', async () => {
    const client = [
      '--no-defaults',
      '--host=127.0.0.1',
      `--port=${gateway.port}`,
      `--user=${gateway.user}`,
      `--password=${gateway.password}`,
      'shop',
    ];
    await run('mariadb', [...client, '-e', SEED]);
    const { stdout } = await run('mariadb', [...client, '-N', '-e', 'SELECT id, name, card FROM customers ORDER BY id']);
    expect(stdout).toBe('1\tAnn\t[redacted]\n2\tBob\tNULL\n');

    const sessions = (JSON.parse(await sallyport('sessions', 'list', '--json')) as Listed[]).filter(({ state }) => state === 'ended');
    expect(sessions).toMatchObject([
      { protocol: 'mysql', sealed: true },
      { protocol: 'mysql', sealed: true },
    ]);
    const id = sessions[0]?.id ?? '';
    const shown = await sallyport('sessions', 'show', id, '--json');
    expect(JSON.parse(shown).events).toContainEqual(
      expect.objectContaining({
        type: 'command',
        verb: 'SELECT',
        relations: ['shop.customers'],
        rows: 2,
        state: 'completed',
        masked: { secrets: 1 },
      }),
    );
    const replay = await sallyport('replay', id, '--speed', '0');
    expect(replay).toContain('[redacted]');
    expect(replay + shown).not.toContain('4111');
    await sallyport('verify', id);
  });

  test('exec speaks the protocol, and a denial is exit code 3', async () => {
    const rows = JSON.parse(await sallyport('exec', 'db', '--json', '--', 'SELECT id, name, card FROM customers WHERE id = 1'));
    expect(rows).toEqual([{ id: '1', name: 'Ann', card: '[redacted]' }]);
    await expect(sallyport('exec', 'db', '--', 'CREATE TABLE stolen AS SELECT card FROM customers')).rejects.toMatchObject({ code: 3 });
    await expect(sallyport('exec', 'db', '--', 'SELECT nothing FROM customers')).rejects.toMatchObject({ code: 1 });
  });

  test('policy test says what a text is', async () => {
    const ruling = JSON.parse(
      await sallyport('policy', 'test', '--user', gateway.user, '--target', 'db', '--json', '--', 'DELETE FROM customers'),
    );
    expect(ruling).toMatchObject({ class: ['write'], unfiltered: true });
  });
});
