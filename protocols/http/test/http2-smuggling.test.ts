import { connect, type Socket } from 'node:net';
import { HTTP2_SMUGGLING, type Http2Case } from '../../../test-fixtures/http/http2-smuggling.ts';
import { FLAG, fieldBlock, frame, framesIn, PREFACE, TYPE } from './http2-frames.ts';
import { type StrictTarget, strictTarget } from './strict-target.ts';
import { type TestGateway, testGateway } from './test-gateway.ts';

/** What HTTP/2 can carry and HTTP/1.1 cannot is refused; each case has a well-formed request beside it on the same connection. */

const PROBE = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'shop.example'],
  [':path', '/probe'],
  ['authorization', 'Bearer sp_right'],
] as const;
const PROBED = { method: 'GET', target: '/probe', body: '' };
const BEGIN = Buffer.concat([PREFACE, frame(TYPE.SETTINGS, 0, 0)]);

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

function framesOf({ head, data = [], trailers }: Http2Case): Buffer {
  const ends = (last: boolean): number => (last ? FLAG.END_STREAM : 0);
  return Buffer.concat([
    frame(TYPE.HEADERS, FLAG.END_HEADERS | ends(data.length === 0 && trailers === undefined), 1, fieldBlock(head)),
    ...data.map((text, at) => frame(TYPE.DATA, ends(at === data.length - 1 && trailers === undefined), 1, Buffer.from(text, 'latin1'))),
    ...(trailers === undefined ? [] : [frame(TYPE.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, fieldBlock(trailers))]),
  ]);
}

/** Sends frames, and reads until these streams are over or the connection is. */
function say(bytes: Buffer, ...streams: readonly number[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const client = connect(gateway.port, '127.0.0.1');
  const open = new Set(streams);
  let came = Buffer.alloc(0);
  client.on('data', (chunk: Buffer) => {
    came = Buffer.concat([came, chunk]);
    for (const { type, flags, stream } of framesIn(came)) {
      if (type === TYPE.RST_STREAM || (type !== TYPE.SETTINGS && type !== TYPE.PING && (flags & FLAG.END_STREAM) !== 0))
        open.delete(stream);
    }
    if (open.size === 0) client.destroy();
  });
  client.on('error', () => undefined).on('close', () => resolve());
  client.write(bytes);
  return promise;
}

test.each(HTTP2_SMUGGLING)('$name', async (one) => {
  await say(Buffer.concat([BEGIN, framesOf(one), frame(TYPE.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 3, fieldBlock(PROBE))]), 1, 3);
  const reached = target.reached
    .map(({ method, target: path, body }) => ({ method, target: path, body }))
    .filter(({ target: path }) => path !== '/probe');
  const { meant, perhaps = false } = one;
  expect([target.faults, target.reached.length - reached.length <= 1]).toEqual([[], true]);
  if (!perhaps || reached.length > 0) expect(reached).toEqual(meant === undefined ? [] : [meant]);
  if (meant !== undefined && !perhaps) expect(target.reached).toContainEqual(expect.objectContaining(PROBED));
});

describe('floods', () => {
  /** Writes for as long as the gateway takes it. @returns how many pieces that were. */
  async function flood(piece: (round: number) => Buffer, most: number, before: Buffer = Buffer.alloc(0), reading = true): Promise<number> {
    const client: Socket = connect(gateway.port, '127.0.0.1');
    const closed = new Promise<void>((resolve) => client.on('error', () => undefined).on('close', () => resolve()));
    if (reading) client.resume();
    client.write(Buffer.concat([BEGIN, before]));
    let rounds = 0;
    for (; rounds < most && !client.destroyed; rounds += 1) {
      if (!client.write(piece(rounds))) await Promise.race([new Promise<void>((resolve) => client.once('drain', resolve)), closed]);
    }
    await closed;
    return rounds;
  }
  const headers = fieldBlock(PROBE);

  test('of requests that are taken back end the connection', async () => {
    const open = (round: number): Buffer =>
      Buffer.concat([
        frame(TYPE.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 2 * round + 1, headers),
        frame(TYPE.RST_STREAM, 0, 2 * round + 1, Buffer.from([0, 0, 0, 8])),
      ]);
    await flood(open, 20_000);
    expect(target.reached.length).toBeLessThan(1_000);
  });

  test('of CONTINUATION end the connection', async () => {
    const begun = frame(TYPE.HEADERS, FLAG.END_STREAM, 1, headers);
    await flood(() => frame(TYPE.CONTINUATION, 0, 1, fieldBlock([['x', 'y'.repeat(1_000)]])), 20_000, begun);
    await flood(() => frame(TYPE.CONTINUATION, 0, 1), 100_000, begun);
    expect(target.reached).toEqual([]);
  });

  test('of fields that unfold end the request', async () => {
    // One entry of the table, and then it again and again: RFC 7541 section 6.1.
    const bomb = Buffer.concat([
      headers,
      Buffer.from([0x40]),
      fieldBlock([['x', 'y'.repeat(3_500)]]).subarray(1),
      Buffer.alloc(10_000, 0xbe),
    ]);
    await say(Buffer.concat([BEGIN, frame(TYPE.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, bomb)]), 1);
    expect(target.reached).toEqual([]);
  });

  test('of PING and SETTINGS whose answers nobody reads end the connection', async () => {
    await flood(() => frame(TYPE.PING, 0, 0, Buffer.alloc(8)), 2_000_000, undefined, false);
    await flood(() => frame(TYPE.SETTINGS, 0, 0), 2_000_000, undefined, false);
  });
});
