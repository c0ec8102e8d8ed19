import { connect } from 'node:net';
import { SMUGGLING } from '../../../test-fixtures/http/smuggling.ts';
import type { StrictRequest } from './strict-parser.ts';
import { type StrictTarget, strictTarget } from './strict-target.ts';
import { type TestGateway, testGateway } from './test-gateway.ts';

/**
 * Each case is refused, with the connection closed and nothing at the target, or the target has one request of it that a
 * strict parser reads as it was meant. Behind each stands another request on the same connection: what is framed otherwise
 * shows there.
 */
const PROBE = 'GET /probe HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer sp_right\r\nConnection: close\r\n\r\n';

let target: StrictTarget;
let gateway: TestGateway;

beforeAll(async () => {
  target = await strictTarget();
  gateway = await testGateway(target.port);
});
afterAll(async () => {
  await gateway.close();
  target.close();
});
beforeEach(() => {
  target.reached.length = 0;
  target.faults.length = 0;
});

/** Sends bytes, and reads until the gateway closes the connection. @returns the statuses of its answers. */
async function say(bytes: string, end: boolean): Promise<readonly number[]> {
  const client = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
  let answers = '';
  client.setEncoding('latin1').on('data', (chunk: string) => {
    answers += chunk;
  });
  client.on('error', () => undefined);
  client.write(Buffer.from(bytes, 'latin1'));
  if (end) client.end();
  client.once('end', () => client.end());
  await new Promise((resolve) => client.once('close', resolve));
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)).filter((status) => status !== 100);
}

const outline = ({ method, target, body }: StrictRequest) => ({ method, target, body });
const PROBED = { method: 'GET', target: '/probe', body: '' };
const REFUSED = [400, 405, 407, 413, 414, 417, 431, 501, 505];

test.each(SMUGGLING.filter(({ meant }) => meant === undefined))('$name: refused', async ({ bytes, framed, unfinished = false }) => {
  const [first, ...more] = await say(bytes + PROBE, unfinished);
  expect(target.faults).toEqual([]);
  if (first !== undefined) expect(REFUSED).toContain(first);
  // Where it is clear how long the refused request is, the next one may be served.
  expect([more, target.reached.map(outline)]).toEqual(framed === true && more.length > 0 ? [[200], [PROBED]] : [[], []]);
});

test.each(SMUGGLING.filter(({ meant }) => meant !== undefined))('$name: as it is meant', async ({ bytes, meant, closes = false }) => {
  const answers = await say(bytes + PROBE, false);
  expect(target.faults).toEqual([]);
  expect(target.reached.map(outline)).toEqual(closes ? [meant] : [meant, PROBED]);
  expect(answers).toEqual(closes ? [200] : [200, 200]);
});

test('what is broken is refused behind the answers to what came whole before it', async () => {
  const whole = PROBE.replace('Connection: close\r\n', '');
  for (const broken of ['nonsense\r\n\r\n', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n']) {
    target.reached.length = 0;
    expect(await say(whole + whole + broken, false)).toEqual([200, 200, 400]);
    expect(target.reached).toHaveLength(2);
  }
});

test('who sends more than anybody pipelines, while the first request waits, is disconnected', async () => {
  gateway.gate.rule = () => 'hold';
  const whole = PROBE.replace('Connection: close\r\n', '');
  expect(await say(whole.repeat(3_000), false)).toEqual([]);
  gateway.gate.rule = () => 'allow';
  expect([gateway.gate.holds.length, target.reached]).toEqual([1, []]);
});
