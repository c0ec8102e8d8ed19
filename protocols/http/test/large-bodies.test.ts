import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { BEARER, behind, until } from './requests.ts';
import type { TestGateway } from './test-gateway.ts';

const KIB = 1_024;
const BODY = Buffer.from(Array.from({ length: 600_000 }, (_, index) => `${index} `).join(''));

function post({ port }: TestGateway, headers: Record<string, string | number> = {}): ReturnType<typeof httpRequest> {
  return httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/', headers: { ...BEARER, ...headers }, agent: false });
}

test.each([
  ['of a known length', { 'content-length': BODY.length }],
  ['of a length that nobody knows', { 'transfer-encoding': 'chunked' }],
])('a large body %s passes whole, and the record has the SHA-256 of what it does not hold', async (_, headers) => {
  const gateway = await behind((request, response) => void request.pipe(response.writeHead(200, headers)), {
    options: { record_body_kib: 1 },
  });
  const request = post(gateway, headers);
  request.end(BODY);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect((await buffer(response)).equals(BODY)).toBe(true);
  const sha256 = createHash('sha256').update(BODY.subarray(KIB)).digest();
  await until(() => gateway.gate.notes.some(({ type }) => type === 'result'));
  for (const side of ['client', 'target'] as const) {
    const end = gateway.gate.recorded(side).find(({ type }) => type === 'end');
    expect(end).toMatchObject({ bytes: BODY.length, unrecorded: BODY.length - KIB });
    expect(end).toHaveProperty('sha256', sha256);
  }
});

test('an answer whose digest there will never be is cut off, and the record says why', async () => {
  let answering: ServerResponse | undefined;
  const gateway = await behind(
    (_request, response) => {
      answering = response;
      response.writeHead(200).write(BODY);
    },
    { options: { record_body_kib: 1 } },
  );
  const request = post(gateway).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let got = 0;
  response.on('data', (chunk: Buffer) => {
    got += chunk.length;
  });
  const cut = once(response, 'error');
  await until(() => got === BODY.length);
  gateway.digests.close();
  await until(() => {
    answering?.write('more');
    return gateway.gate.notes.some(({ type }) => type === 'result');
  });
  await cut;
  expect(gateway.gate.notes).toContainEqual(
    expect.objectContaining({ type: 'result', state: 'unknown', error: expect.objectContaining({ code: 'ERR_RECORDING' }) as object }),
  );
  expect(gateway.gate.recorded('target').some(({ type }) => type === 'end')).toBe(false);
});
