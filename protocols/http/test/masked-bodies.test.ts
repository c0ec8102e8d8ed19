import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { masksOf } from './body-masks.ts';
import { ask, behind, until } from './requests.ts';
import type { TestGateway } from './test-gateway.ts';

const CANARY = 'canary-1234';
const forms = masksOf({ patterns: ['canary-[0-9]{4}'] });
const fields = masksOf({ fields: ['$.users[*].name', '$.card'] });
const both = { text: forms.text, fields: fields.fields };

const masking = (answer: RequestListener): Promise<TestGateway> =>
  behind(answer, { ...(both.text && { textMask: both.text }), gate: { fieldMasks: both.fields, requestMasks: both } });

const JSON_BODY = `{"users":[{"name":"Ada \\u0041","n":1.0}],"note":"a ${CANARY.replace('-', '\\u002d')}"}`;
const JSON_SHOWN = '{"users":[{"name":"[redacted]","n":1.0}],"note":"a [redacted]"}';

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['identity', (body: string) => Buffer.from(body)],
] as const)('an answer in %s reaches client and record masked, and claims nothing that is true no more', async (coding, code) => {
  const gateway = await masking((_request, response) => {
    const body = code(JSON_BODY);
    const head = {
      'content-type': 'application/json',
      'content-length': body.length,
      etag: '"1"',
      ...(coding !== 'identity' && { 'content-encoding': coding }),
    };
    response.writeHead(200, head).end(body);
  });
  const { body, headers } = await ask(gateway, 'GET', '/', { 'accept-encoding': coding });
  expect([body, headers.etag, headers['content-encoding']]).toEqual([JSON_SHOWN, undefined, undefined]);
  expect(gateway.gate.bodies('target')).toBe(JSON_SHOWN);
  expect(gateway.gate.notes).toContainEqual(expect.objectContaining({ type: 'result', masked: { 'rule 0': 2 } }));
});

test.each([
  ['application/json', JSON_BODY, JSON_SHOWN],
  ['application/x-www-form-urlencoded', `card=1&a=x+${CANARY}`, 'card=%5Bredacted%5D&a=x+%5Bredacted%5D'],
  [
    'multipart/form-data; boundary=b',
    `--b\r\nContent-Disposition: form-data; name="card"\r\n\r\n12\r\n--b\r\nContent-Type: image/png\r\n\r\n${CANARY}\r\n--b--`,
    `--b\r\nContent-Disposition: form-data; name="card"\r\n\r\n[redacted]\r\n--b\r\nContent-Type: image/png\r\n\r\n${CANARY}\r\n--b--`,
  ],
])('a request reaches the target masked: %s', async (type, said, expected) => {
  const got: string[] = [];
  const gateway = await masking((request, response) => {
    void text(request).then((body) => {
      got.push(body);
      response.end('ok');
    });
  });
  await ask(gateway, 'POST', '/', { 'content-type': type }, said);
  expect(got).toEqual([expected]);
  expect(gateway.gate.bodies('client')).toBe(expected);
});

test.each([
  ['JSON that is none', 'application/json', `{"users":[{"name":${CANARY}}]}`],
  ['a text in UTF-16', 'text/plain; charset=utf-16', CANARY],
  ['a multipart body without a boundary', 'multipart/mixed', CANARY],
  ['a body of two types', 'image/png\0application/json', CANARY],
])('%s is not given', async (_name, types, body) => {
  const type = types.includes('\0') ? types.split('\0') : types;
  const gateway = await masking((_request, response) => response.setHeader('content-type', type).end(body));
  const answer = await ask(gateway, 'GET', '/').then(
    (each) => JSON.stringify(each),
    (error: unknown) => String(error),
  );
  expect(answer).not.toContain(CANARY);
  expect(gateway.gate.bodies('target')).not.toContain(CANARY);
});

describe('bytes that nobody looks into are counted', () => {
  const picture = '\u0001pixels';
  const parts = (type: string): string =>
    `--b\r\n${type}: text/plain\r\n\r\n${CANARY}\r\n--b\r\n${type}: image/png\r\n\r\n${picture}\r\n--b--`;

  test.each([
    ['application/json', '{}', 0],
    ['image/png', picture, picture.length],
    ['multipart/mixed; boundary=b', parts('Content-Type'), picture.length],
  ])('of an answer, and of a request: %s', async (type, body, counted) => {
    const gateway = await masking((request, response) => {
      request.resume().on('end', () => {
        if (request.method === 'POST') response.writeHead(204).end();
        else response.writeHead(200, { 'content-type': type }).end(body);
      });
    });
    await ask(gateway, 'GET', '/');
    await ask(gateway, 'POST', '/', { 'content-type': type }, body);
    await until(() => gateway.gate.ends.length === 2);
    expect(gateway.gate.ends.map(({ opaqueBytes }) => opaqueBytes)).toEqual([counted, counted]);
  });
});
