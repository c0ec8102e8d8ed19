import type { Row } from './interview.ts';
import { checkWayRound } from './way-round-checks.ts';

/** What a server answers: where it listens and whence we come, who else is signed in, its rules. */
function look(listens: string, own: string | null, elsewhere: readonly string[], rules: readonly Row[] | undefined) {
  const answers = [[[listens, own]], elsewhere.map((address) => [address]), rules];
  return checkWayRound({ ask: async () => answers.shift() }, 'app');
}

const line = (users: string, address: string, netmask: string | null, method = 'scram-sha-256', type = 'host'): Row => [
  '7',
  type,
  'all',
  users,
  address,
  netmask,
  method,
];
const ONE = '255.255.255.255';

test("lines for the gateway's address and the server's own machine let nobody round", async () => {
  const rules = [
    line('app', '10.0.0.5', ONE),
    line('all', '127.0.0.1', ONE),
    line('all', '::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'),
    line('all', 'samehost', null),
  ];
  await expect(look('*', '10.0.0.5', [], rules)).resolves.toEqual([
    { check: 'way round', level: 'ok', message: 'pg_hba.conf lets in 10.0.0.5 and nobody else from the network.' },
  ]);
});

test.each([
  [line('all', 'all', null), 'line 7 (everybody from all, scram-sha-256)'],
  [line('all', 'samenet', null), 'line 7 (everybody from samenet, scram-sha-256)'],
  [line('app', '10.0.0.0', '255.255.240.0'), 'line 7 (app from 10.0.0.0/20, scram-sha-256)'],
  [line('app', '10.0.0.5', '255.255.255.0'), 'line 7 (app from 10.0.0.5/24, scram-sha-256)'],
  [line('all', 'fd00::', 'ffff:ffff:ffff::'), 'line 7 (everybody from fd00::/48, scram-sha-256)'],
  [line('all', '.example.com', null), 'line 7 (everybody from .example.com, scram-sha-256)'],
])('others come round by %j', async (rule, named) => {
  const [result] = await look('*', '10.0.0.5', [], [rule]);
  expect(result).toMatchObject({ level: 'warning', mend: expect.stringContaining('10.0.0.5/32') });
  expect(result?.message).toBe(`pg_hba.conf lets clients in that do not come through the gateway: ${named}.`);
});

test('without a password is worse, and is said alone', async () => {
  const [result] = await look('*', '10.0.0.5', [], [line('all', '10.0.0.0', '255.0.0.0'), line('app', '10.1.0.0', '255.255.0.0', 'trust')]);
  expect(result).toMatchObject({
    level: 'problem',
    message: 'pg_hba.conf lets others in without a password: line 7 (app from 10.1.0.0/16, trust).',
  });
});

test("the account's own sessions from elsewhere mean that somebody else has its password", async () => {
  const [result] = await look('localhost', '127.0.0.1', ['10.0.0.8', '10.0.0.9', '10.0.0.10', '10.0.0.11'], undefined);
  expect(result).toMatchObject({ level: 'problem', message: expect.stringContaining('from 10.0.0.8, 10.0.0.9, 10.0.0.10 and 1 more too') });
});
