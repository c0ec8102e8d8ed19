import { GatewayError, type Target } from '@sallyport/core';
import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { decodeErrorOrNotice } from '../src/codec/error-fields.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery, TERMINATE } from '../src/codec/query.ts';
import { decodeDataRow } from '../src/codec/rows.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

/** Longer than the gateway gives a side to close once the other one has. */
const SLOW_SECONDS = 4;

let server: PostgresServer;
let proxy: FaultProxy;
let gateway: TestGateway;
let direct: WireClient;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  proxy = await startFaultProxy(server.port);
  direct = await WireClient.connect(targetAt(server));
  await direct.run('CREATE TABLE done (what text)');
}, 60_000);

beforeEach(async () => {
  const target = targetAt({ ...server, port: proxy.port }, { options: { database: 'postgres' } });
  gateway = await startTestGateway(target, { rule: ({ verbs }) => (verbs.includes('DROP TABLE') ? 'hold' : 'allow') });
  await direct.run('TRUNCATE done');
});

afterEach(() => gateway.close());

afterAll(async () => {
  direct.close();
  proxy.close();
  await server.stop();
});

function through(): Promise<WireClient> {
  const target: Target = { ...targetAt(server), port: gateway.port, credentials: { username: 'alice', password: TOKEN } };
  return WireClient.connect(target);
}

/** What the table holds. */
async function done(): Promise<(string | undefined)[]> {
  direct.send(encodeQuery('SELECT what FROM done ORDER BY 1'));
  const answer = await direct.until(BACKEND.ReadyForQuery);
  return answer.filter((raw) => raw[0] === BACKEND.DataRow).map((raw) => decodeDataRow(raw).cells[0]?.toString());
}

/** Waits until as many other sessions sleep at the server. */
async function sleeping(sessions: number): Promise<void> {
  const count = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep%'";
  for (let now = -1; now !== sessions; ) {
    direct.send(encodeQuery(count));
    const row = (await direct.until(BACKEND.ReadyForQuery)).find((raw) => raw[0] === BACKEND.DataRow);
    now = Number(row && decodeDataRow(row).cells[0]?.toString());
  }
}

const slowly = (what: string, seconds = SLOW_SECONDS): Buffer => encodeQuery(`INSERT INTO done SELECT '${what}' FROM pg_sleep(${seconds})`);

/** The errors that a client reads before its connection ends. */
async function errors(client: WireClient): Promise<(readonly [string | undefined, string | undefined])[]> {
  const seen: (readonly [string | undefined, string | undefined])[] = [];
  for (;;) {
    const raw = await client.next().catch(() => undefined);
    if (raw === undefined) return seen;
    if (raw[0] !== BACKEND.ErrorResponse) continue;
    const { fields } = decodeErrorOrNotice(raw);
    seen.push([`${fields.get('S')} ${fields.get('C')}`, fields.get('M')]);
  }
}

async function ended(): Promise<TestGateway['ends'][number] | undefined> {
  while (gateway.ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  return gateway.ends[0];
}

const results = () => gateway.gate.notes.filter(({ type }) => type === 'result');

describe('the target', () => {
  test.each([
    ['FIN', 'The target shop-db closed the connection.'],
    ['RST', 'The target shop-db cut the connection (ECONNRESET).'],
  ] as const)('is lost in the middle of a query by %s: a FATAL names it', async (how, sentence) => {
    const client = await through();
    client.send(slowly('never', 60));
    await sleeping(1);
    proxy.cut(how);
    expect(await errors(client)).toEqual([['FATAL 08006', sentence]]);
    expect((await ended())?.error).toMatchObject({ code: 'ERR_TARGET_CLOSED', message: sentence });
    expect(results()).toMatchObject([{ state: 'unknown' }]);
    expect(Buffer.concat(gateway.gate.seen).toString('latin1')).toContain(sentence);
    await direct.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()");
    await sleeping(0);
  });

  test.each(['in the middle of a query', 'while nothing runs'])('ends the session %s: its own FATAL, and no other', async (when) => {
    const client = await through();
    if (when === 'in the middle of a query') {
      client.send(slowly('never', 60));
      await sleeping(1);
    }
    const words = 'terminating connection due to administrator command';
    await direct.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
    );
    expect(await errors(client)).toEqual([['FATAL 57P01', words]]);
    expect((await ended())?.error).toMatchObject({ code: 'ERR_TARGET_CLOSED', message: `The target ended the session: ${words} (57P01).` });
    if (when === 'in the middle of a query') expect(results()).toMatchObject([{ state: 'failed', error: { code: '57P01' } }]);
  });
});

describe('the gateway ends the session', () => {
  test('what runs is cancelled at the target, and not stored', async () => {
    const client = await through();
    client.send(slowly('after the revocation', 60));
    await sleeping(1);
    gateway.end(new GatewayError('ERR_ENDED', 'This gateway token was revoked.'));
    expect(await errors(client)).toEqual([['FATAL 57P01', 'This gateway token was revoked.']]);
    await ended();
    await sleeping(0);
    expect(await done()).toEqual([]);
    expect(server.log()).toContain('canceling statement due to user request');
  });
});

describe('the client', () => {
  test.each([
    ['says Terminate', TERMINATE],
    ['closes its side', undefined],
  ])('%s behind statements: they run, and their results are recorded', async (_how, goodbye) => {
    const client = await through();
    client.send(slowly('first'), encodeQuery("INSERT INTO done VALUES ('second')"), ...(goodbye ? [goodbye] : []));
    client.end();
    const answers = (await client.until(BACKEND.ReadyForQuery)).length + (await client.until(BACKEND.ReadyForQuery)).length;
    expect(answers).toBe(4);
    expect((await ended())?.error).toBeUndefined();
    expect(await done()).toEqual(['first', 'second']);
    expect(results()).toMatchObject([{ state: 'completed' }, { state: 'completed' }]);
  });

  test('is cut: what runs goes on, as without a gateway', async () => {
    const client = await through();
    client.send(slowly('to its end'));
    await sleeping(1);
    client.reset();
    expect((await ended())?.error).toMatchObject({ code: 'ERR_ENDED', message: 'The client cut the connection (ECONNRESET).' });
    await sleeping(0);
    expect(await done()).toEqual(['to its end']);
  });

  test.each(['at once', 'later'])('says Terminate %s behind a held command and keeps its socket: it never runs', async (when) => {
    const client = await through();
    if (when === 'at once') client.send(encodeQuery('DROP TABLE done'), TERMINATE);
    else {
      client.send(encodeQuery('DROP TABLE done'));
      await client.until(BACKEND.NoticeResponse);
      client.send(TERMINATE);
    }
    expect((await ended())?.error).toBeUndefined();
    for (const hold of gateway.gate.asked) expect(hold.signal.aborted).toBe(true);
    expect(results()).toMatchObject([{ state: 'failed', error: { code: '57014' } }]);
    expect(await done()).toEqual([]);
    client.close();
  });
});
