import { gzipSync } from 'node:zlib';
import type { ExchangeItem, RecordedFrames } from '@sallyport/core';
import { collect, commandEvent, END, type Fixture, newSession, openFixture } from '../test/fixture.ts';
import { harFaults } from '../test/har-shape.ts';
import { type CommandEvent, exportHar } from './index.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

/** Frames that are JSON, one item each. */
async function* decode(frames: AsyncIterable<RecordedFrames>): AsyncGenerator<ExchangeItem> {
  for await (const { at, from, data } of frames) {
    const item = JSON.parse(data.toString()) as { readonly data?: string };
    yield { at, from, ...item, ...(item.data !== undefined && { data: Buffer.from(item.data, 'base64') }) } as unknown as ExchangeItem;
  }
}

interface Entry {
  readonly [key: string]: unknown;
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: Readonly<Record<string, unknown>>;
}

async function har(...record: readonly object[]): Promise<readonly Entry[]> {
  const session = await fixture.recorder.open(newSession('s', { protocol: 'http', target: 'shop-api', facts: { tls: 'TLSv1.3' } }), {
    durability: 'fast',
    results: 'full',
  });
  for (const each of record) {
    if ('note' in each) session.note(each.note as never);
    else session.record((each as { from?: 'target' }).from ?? 'client', Buffer.from(JSON.stringify(each)));
  }
  await session.end(END, 'ended');
  const document = JSON.parse(Buffer.concat(await collect(exportHar(fixture.store, 's', decode, '1.0'))).toString()) as {
    log: { entries: readonly Entry[] };
  };
  expect(harFaults(document)).toEqual([]);
  return document.log.entries;
}

const HTML = ['content-type', 'text/html'] as const;
const request = (exchange: number, line: string, ...fields: (readonly [string, string])[]) => ({
  ...{ type: 'request', exchange, line: `${line} HTTP/1.1`, fields: [['host', 'shop:8443'], ...fields] },
});
const response = (exchange: number, status: number, ...fields: (readonly [string, string])[]) => ({
  ...{ from: 'target', type: 'response', exchange, line: `HTTP/1.1 ${status}`, fields },
});
const body = (exchange: number, from: string, data: string | Buffer) => ({
  from,
  type: 'body',
  exchange,
  data: Buffer.from(data).toString('base64'),
});
const judged = (exchange: number, command: number, text: string, more: Partial<CommandEvent> = {}) => [
  { note: commandEvent(command, text, more) },
  { type: 'judged', exchange, command },
];
const result = (command: number, status: number, more: object = {}) => ({
  note: { type: 'result', command, state: 'completed', rows: 0, bytes: 1, status, ...more },
});

test('an exchange with its query, body, answer and what was ruled', async () => {
  const [entry] = await har(
    request(0, 'POST /orders?a=1&b=x%20y', ['content-type', 'application/json']),
    ...judged(0, 1, 'POST /orders', { ruling: 'hold', rule: ['ask first'] }),
    { note: { type: 'released', command: 1, approval: 'ap_1' } },
    body(0, 'client', '{"a":1}'),
    response(0, 302, HTML, ['location', '/orders/7'], ['content-encoding', 'gzip']),
    body(0, 'target', gzipSync('<p>there</p>'.repeat(20))),
    result(1, 302, { masked: { cards: 1 } }),
  );
  expect(entry).toMatchObject({
    connection: 's',
    comment: 'session s; command 1: hold by ask first; released by ap_1',
    request: {
      method: 'POST',
      url: 'https://shop:8443/orders?a=1&b=x%20y',
      httpVersion: 'HTTP/1.1',
      queryString: [
        { name: 'a', value: '1' },
        { name: 'b', value: 'x y' },
      ],
      postData: { mimeType: 'application/json', text: '{"a":1}' },
    },
    response: {
      status: 302,
      statusText: 'Found',
      redirectURL: '/orders/7',
      content: { size: 240, mimeType: 'text/html', text: '<p>there</p>'.repeat(20) },
    },
    _sallyport: { exchange: 0, masked: { cards: 1 }, commands: [{ command: 1, ruling: 'hold' }] },
  });
  expect(entry?.response['content']).toMatchObject({ compression: expect.any(Number) });
});

test('what was denied, put off, failed, or never ended', async () => {
  const entries = await har(
    request(0, 'DELETE /a'),
    ...judged(0, 1, 'DELETE /a', { ruling: 'deny', rule: ['no deletes'] }),
    { note: { type: 'denied', command: 1, reason: 'no' } },
    request(1, 'PUT /b'),
    ...judged(1, 2, 'PUT /b', { ruling: 'hold' }),
    { note: { type: 'deferred', command: 2, approval: 'ap_2' } },
    request(2, 'GET /c'),
    ...judged(2, 3, 'GET /c'),
    { note: { type: 'result', command: 3, state: 'unknown', rows: 0, bytes: 0, error: { code: 'ERR_TARGET_CLOSED', message: 'it left' } } },
    request(3, 'GET /d'),
    ...judged(3, 4, 'GET /d'),
    response(3, 200),
  );
  expect(entries.map(({ response: { status, _error } }) => [status, _error])).toEqual([
    [403, undefined],
    [403, undefined],
    [0, 'ERR_TARGET_CLOSED: it left'],
    [200, undefined],
  ]);
});

test("what the gateway answered in a target's place stands there as the answer, in the order in which they came", async () => {
  const refusal = (exchange: number, status: number, text: string) => [
    response(exchange, status, ['content-type', 'application/json'], ['content-length', String(text.length)], ['sallyport-session', 's']),
    body(exchange, 'target', text),
  ];
  const entries = await har(
    request(0, 'DELETE /a'),
    ...judged(0, 1, 'DELETE /a', { ruling: 'deny', rule: ['no deletes'] }),
    ...refusal(0, 403, '{"reason":"no"}'),
    request(1, 'PUT /b'),
    ...judged(1, 2, 'PUT /b', { ruling: 'hold' }),
    { note: { type: 'deferred', command: 2, approval: 'ap_2' } },
    ...refusal(1, 403, '{"approval":"ap_2"}'),
    request(2, 'GET /c'),
    ...judged(2, 3, 'GET /c'),
    { note: { type: 'result', command: 3, state: 'unknown', rows: 0, bytes: 0, error: { code: 'ERR_TARGET_CLOSED', message: 'it left' } } },
    ...refusal(2, 502, '{"reason":"it left"}'),
    request(3, 'HEAD /d'),
    ...judged(3, 4, 'HEAD /d', { ruling: 'deny' }),
    response(3, 403, ['content-length', '15']),
    request(4, 'CONNECT files.example:443'),
    ...judged(4, 5, 'CONNECT files.example:443'),
    response(4, 200),
    result(5, 200),
    request(5, 'GET /e'),
  );
  expect(
    entries.map(({ request: { method, url }, response: { status, content, _error } }) => [
      ...[method, url, status, (content as { readonly text?: string }).text, _error],
    ]),
  ).toEqual([
    ['DELETE', 'https://shop:8443/a', 403, '{"reason":"no"}', undefined],
    ['PUT', 'https://shop:8443/b', 403, '{"approval":"ap_2"}', undefined],
    ['GET', 'https://shop:8443/c', 502, '{"reason":"it left"}', 'ERR_TARGET_CLOSED: it left'],
    ['HEAD', 'https://shop:8443/d', 403, undefined, undefined],
    ['CONNECT', 'https://files.example:443', 200, undefined, undefined],
    ['GET', 'https://shop:8443/e', 0, undefined, undefined],
  ]);
});

test('bytes that are no text, bodies that are cut, messages of a WebSocket', async () => {
  const [photo, socket] = await har(
    request(0, 'PUT /photo', ['content-type', 'image/png']),
    ...judged(0, 1, 'PUT /photo'),
    body(0, 'client', Buffer.from([0xff, 0])),
    response(0, 200, ['content-type', 'image/png']),
    body(0, 'target', Buffer.from([0xff, 0])),
    { from: 'target', type: 'cut', exchange: 0, bytes: 10, unrecorded: 8, sha256: 'ab' },
    result(1, 200),
    request(1, 'GET /live'),
    response(1, 101),
    { type: 'websocket', exchange: 1, opcode: 1, data: Buffer.from('hi').toString('base64') },
    { from: 'target', type: 'websocket', exchange: 1, opcode: 2, data: '/wA=' },
  );
  expect(photo?.request['postData']).toMatchObject({ text: '/wA=', _encoding: 'base64' });
  expect(photo?.response['content']).toMatchObject({
    size: 10,
    text: '/wA=',
    encoding: 'base64',
    comment: expect.stringContaining('10 bytes passed, the first 2'),
  });
  expect(socket?.['_webSocketMessages']).toEqual([
    { type: 'send', time: expect.any(Number), opcode: 1, data: 'hi' },
    { type: 'receive', time: expect.any(Number), opcode: 2, data: '/wA=' },
  ]);
});

test('a session without exchanges is a sentence', async () => {
  await expect(har()).rejects.toThrow('Session s had no exchanges of HTTP: `sallyport replay s` shows what it had.');
});
