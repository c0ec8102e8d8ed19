import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { ExchangeItem, SessionRow, Side } from '@sallyport/core';
import type { CommandEvent, Replayed } from '@sallyport/recording';
import { ReplayPrinter } from './replay.ts';

const SESSION = {
  id: 's_1',
  identity: 'alice',
  actingFor: null,
  target: 'shop-api',
  client: 'c',
  startedAt: 0,
  endedAt: null,
  state: 'live',
};

/** Without the session's own head and end. */
function shown(...record: readonly Replayed[]): string[] {
  const printer = new ReplayPrinter(SESSION as unknown as SessionRow, Infinity);
  const text = [...record.map((each) => printer.show(each)), printer.end()].join('');
  return text
    .replaceAll(/\u001b\[\d+m/g, '')
    .split('\n')
    .slice(0, -3);
}

const item = (at: number, about: Omit<ExchangeItem, 'at'>): Replayed => ({ kind: 'item', at, item: { ...about, at } as ExchangeItem });
const request = (at: number, exchange: number, line: string, ...fields: (readonly [string, string])[]): Replayed =>
  item(at, { type: 'request', exchange, line: `${line} HTTP/1.1`, fields } as never);
const response = (at: number, exchange: number, status: number, ...fields: (readonly [string, string])[]): Replayed =>
  item(at, { type: 'response', exchange, line: `HTTP/1.1 ${status}`, fields } as never);
const body = (exchange: number, from: Side, data: string | Buffer): Replayed =>
  item(0, { type: 'body', exchange, from, data: Buffer.from(data) } as never);
const event = (at: number, type: string, more: object): Replayed => ({ kind: 'event', at, event: { type, at, ...more } });
const result = (at: number, command: number, more: object): Replayed => event(at, 'result', { command, rows: 0, bytes: 0, ...more });
const judged = (at: number, exchange: number, command: number, text: string, more: Partial<CommandEvent> = {}): Replayed[] => [
  { kind: 'command', at, command: { type: 'command', command, text, ruling: 'allow', rule: [], parameters: [], ...more } as CommandEvent },
  item(at, { type: 'judged', exchange, command } as never),
];
const JSON_TYPE = ['content-type', 'application/json'] as const;

test('request and answer with their heads, bodies, time and masks', () => {
  expect(
    shown(
      request(12, 0, 'PUT /orders/7', ['host', 'shop'], JSON_TYPE),
      ...judged(12, 0, 1, 'PUT /orders/7', { ruling: 'hold', rule: ['changes are asked for'] }),
      event(1_000, 'released', { command: 1, approval: 'ap_1' }),
      body(0, 'client', '{"state":"paid"}'),
      response(1_050, 0, 200, JSON_TYPE),
      body(0, 'target', '{"id":7,'),
      body(0, 'target', '"note":"\\u001b\u001b]0;x\u0007"}'),
      result(1_060, 1, { status: 200, bytes: 40, duration_ms: 60, masked: { cards: 2 } }),
    ),
  ).toEqual([
    '',
    '   0.012  #0 PUT /orders/7',
    '          host: shop',
    '          content-type: application/json',
    '          hold by changes are asked for',
    '   1.000  #0 released: approval ap_1',
    '',
    '          {',
    '            "state": "paid"',
    '          }',
    '',
    '   1.050  #0 200',
    '          content-type: application/json',
    '',
    '          {"id":7,"note":"\\u001b\\x1b]0;x\\x07"}',
    '',
    '          #0 200 · 40 bytes · 60 ms · 2 masked by cards',
  ]);
});

test('exchanges that are under way at once are told apart', () => {
  const text = ['content-type', 'text/plain'] as const;
  expect(
    shown(
      request(1, 0, 'GET /a'),
      ...judged(1, 0, 1, 'GET /a'),
      request(2, 1, 'GET /b'),
      ...judged(2, 1, 2, 'GET /b'),
      response(3, 1, 404, text),
      body(1, 'target', 'no b\r\n'),
      response(4, 0, 200, text),
      body(0, 'target', 'an a'),
      result(5, 2, { status: 404, bytes: 6, error: { code: '404', message: 'the target answered 404' } }),
      result(6, 1, { status: 200, bytes: 4 }),
    ).slice(4),
  ).toEqual([
    '   0.003  #1 404',
    '          content-type: text/plain',
    '   0.004  #0 200',
    '          content-type: text/plain',
    '          #1',
    '',
    '          no b',
    '',
    '          #1 404 · 6 bytes',
    '          #0',
    '',
    '          an a',
    '',
    '          #0 200 · 4 bytes',
  ]);
});

test('what is no text is its size and digest, what is cut says so, what is compressed is read', () => {
  const lines = shown(
    request(0, 0, 'POST /photo', ['content-type', 'image/png']),
    ...judged(0, 0, 1, 'POST /photo'),
    body(0, 'client', Buffer.from([0x89, 0, 1])),
    response(0, 0, 200, ['content-encoding', 'gzip']),
    body(0, 'target', gzipSync('thanks')),
    result(0, 1, { status: 200, bytes: 26 }),
    request(0, 1, 'GET /log'),
    ...judged(0, 1, 2, 'GET /log'),
    response(0, 1, 200),
    body(1, 'target', 'x'.repeat(20_000)),
    item(0, { type: 'cut', exchange: 1, from: 'target', bytes: 50_000, unrecorded: 30_000, sha256: 'abc' } as never),
    result(0, 2, { status: 200, bytes: 50_000 }),
  ).map((line) => line.replace(/x{16384}$/, '(16384 x)'));
  expect(lines).toContain(
    `          3 bytes of image/png, SHA-256 ${createHash('sha256')
      .update(Buffer.from([0x89, 0, 1]))
      .digest('hex')}`,
  );
  expect(lines).toContain('          thanks');
  expect(lines).toContain('          (16384 x)');
  expect(lines).toContain('          … 20000 bytes are recorded: `sallyport sessions export --format har` has them');
  expect(lines).toContain('          … 30000 more bytes passed and are not recorded, SHA-256 abc');
});

test('a call of a language model is told as a conversation, without its bodies', () => {
  const lines = shown(
    request(0, 0, 'POST /v1/chat/completions', JSON_TYPE),
    ...judged(0, 0, 1, 'POST /v1/chat/completions', { objects: { operations: ['llm:chat'] } }),
    body(0, 'client', '{"messages":[{"role":"user","content":"Who called?"}]}'),
    response(5, 0, 200, ['content-type', 'text/event-stream']),
    body(0, 'target', 'data: {"x":1}\n\n'),
    event(9, 'llm', {
      command: 1,
      model: 'tiny',
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'user', text: 'Who called?\nAnd when?' },
      ],
      completion: 'Ann, at \u001b[31mnoon.',
      tool_calls: [{ name: 'find', arguments: '{"who":"Ann"}' }],
      usage: { input: 9, output: 4 },
      finish: 'stop',
      first_token_ms: 3,
    }),
    result(9, 1, { status: 200, bytes: 15 }),
  );
  expect(lines.slice(5)).toEqual([
    '   0.009  #0 conversation',
    '          system: Be brief.',
    '          user: Who called?',
    '            And when?',
    '          assistant: Ann, at \\x1b[31mnoon.',
    '            calls find({"who":"Ann"})',
    '          tiny · tokens: 9 in, 4 out · first text after 3 ms · finish: stop',
    '          #0 200 · 15 bytes',
  ]);
});

test('where there is no conversation to tell, the bodies are shown', () => {
  const lines = shown(
    request(0, 0, 'POST /v1/chat/completions'),
    ...judged(0, 0, 1, 'POST /v1/chat/completions', { objects: { operations: ['llm:chat'] } }),
    body(0, 'client', 'asked'),
    response(5, 0, 401),
    body(0, 'target', 'who are you?'),
    result(9, 1, { status: 401, bytes: 12 }),
  );
  expect(lines).toEqual(expect.arrayContaining(['          asked', '          who are you?']));
});

test('a request that is more than one command, one that was put off, and one that failed', () => {
  expect(
    shown(
      request(0, 0, 'POST /git/shop.git/git-receive-pack'),
      ...judged(1, 0, 1, 'push refs/heads/main'),
      ...judged(1, 0, 2, 'push refs/heads/old', { ruling: 'deny', rule: ['no deletes'] }),
      event(2, 'deferred', { command: 1, approval: 'ap_2' }),
      result(3, 1, { error: { code: 'ERR_TARGET_UNREACHABLE', message: 'the target is down' } }),
    ),
  ).toEqual([
    '',
    '   0.000  #0 POST /git/shop.git/git-receive-pack',
    '   0.001  #0 push refs/heads/main',
    '   0.001  #0 push refs/heads/old',
    '          deny by no deletes',
    '   0.002  #0 deferred: the client is to ask again: approval ap_2',
    '          #0 0 bytes',
    '          ERR_TARGET_UNREACHABLE: the target is down',
  ]);
});

test('messages of a WebSocket with their direction', () => {
  const frame = (at: number, from: Side, opcode: number, data: string): Replayed =>
    item(at, { type: 'websocket', exchange: 0, from, opcode, data: Buffer.from(data) } as never);
  expect(
    shown(
      request(0, 0, 'GET /live'),
      response(1, 0, 101),
      frame(2, 'client', 1, 'hi\n'),
      frame(3, 'target', 2, '\0\0'),
      frame(4, 'target', 8, ''),
    ).slice(3),
  ).toEqual(['   0.002  #0 → hi\\n', '   0.003  #0 ← 2 bytes', '   0.004  #0 ← close 0 bytes']);
});

test('a command whose record broke off is shown all the same', () => {
  expect(shown(request(0, 0, 'GET /a'), judged(0, 0, 1, 'GET /a', { ruling: 'deny', rule: ['none'] })[0] as Replayed)).toEqual([
    '',
    '   0.000  #0 GET /a',
    '          GET /a',
    '          deny by none',
  ]);
});

test("what the gateway answered in a target's place is shown when it is whole, before what comes next", () => {
  const refusal = (at: number, exchange: number, status: number, text: string): Replayed[] => [
    response(at, exchange, status, JSON_TYPE, ['content-length', String(text.length)]),
    body(exchange, 'target', text),
  ];
  const lines = shown(
    request(1, 0, 'DELETE /a'),
    ...judged(1, 0, 1, 'DELETE /a', { ruling: 'deny', rule: ['no deletes'] }),
    ...refusal(2, 0, 403, '{"reason":"no"}'),
    request(3, 1, 'PUT /b'),
    ...judged(3, 1, 2, 'PUT /b', { ruling: 'hold', rule: ['ask'] }),
    event(4, 'deferred', { command: 2, approval: 'ap_2' }),
    ...refusal(4, 1, 403, '{"reason":"later"}'),
    request(5, 2, 'GET /c'),
    ...judged(5, 2, 3, 'GET /c'),
    result(6, 3, { error: { code: 'ERR_TARGET_UNREACHABLE', message: 'it is down' } }),
    ...refusal(6, 2, 502, '{"reason":"it is down"}'),
    request(7, 3, 'HEAD /d'),
    ...judged(7, 3, 4, 'HEAD /d', { ruling: 'deny', rule: ['no deletes'] }),
    response(8, 3, 403, ['content-length', '9']),
    request(9, 4, 'GET /e'),
  );
  const answer = (at: string, exchange: number, status: number, said: string): string[] => [
    `   0.00${at}  #${exchange} ${status}`,
    '          content-type: application/json',
    `          content-length: ${said.length + 13}`,
    ...['', '          {', `            "reason": "${said}"`, '          }', ''],
  ];
  expect(lines).toEqual([
    ...['', '   0.001  #0 DELETE /a', '          deny by no deletes', ...answer('2', 0, 403, 'no')],
    ...['', '   0.003  #1 PUT /b', '          hold by ask', '   0.004  #1 deferred: the client is to ask again: approval ap_2'],
    ...answer('4', 1, 403, 'later'),
    ...['', '   0.005  #2 GET /c', '          #2 0 bytes', '          ERR_TARGET_UNREACHABLE: it is down'],
    ...answer('6', 2, 502, 'it is down'),
    ...['', '   0.007  #3 HEAD /d', '          deny by no deletes', '   0.008  #3 403', '          content-length: 9'],
    ...['', '   0.009  #4 GET /e'],
  ]);
});
