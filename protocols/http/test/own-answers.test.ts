import { once } from 'node:events';
import { createServer } from 'node:net';
import { ask, behind, echo, inFrontOf, raw } from './requests.ts';
import { type TestGateway, TOKEN } from './test-gateway.ts';

/** What the gateway answers in the target's place stands in the record like every other answer. */

interface Recorded {
  readonly request: string | undefined;
  readonly response: string | undefined;
  readonly session: string | undefined;
  readonly body: string;
}

function recorded({ gate }: TestGateway): Recorded {
  const [request] = gate.recorded('client').filter(({ type }) => type === 'request');
  const [response, ...others] = gate.recorded('target').filter(({ type }) => type === 'response');
  expect(others).toEqual([]);
  const fields = response?.type === 'response' ? response.fields : [];
  return {
    request: request?.type === 'request' ? request.line : undefined,
    response: response?.type === 'response' ? response.line : undefined,
    session: fields.find(([name]) => name === 'sallyport-session')?.[1],
    body: gate.bodies('target'),
  };
}

test('a denial: what was asked, and the sentence that the client read', async () => {
  const gateway = await behind(echo);
  gateway.gate.rule = () => 'deny';
  const { body, headers } = await ask(gateway, 'DELETE', '/customers/7');
  expect(body).toContain('Denied by a test.');
  const session = headers['sallyport-session'];
  expect(recorded(gateway)).toEqual({ request: 'DELETE /customers/7 HTTP/1.1', response: 'HTTP/1.1 403', session, body });
  expect(JSON.stringify(gateway.gate.recorded('client'))).not.toContain(TOKEN);
});

test('the denial of a HEAD has no body there either', async () => {
  const gateway = await behind(echo);
  gateway.gate.rule = () => 'deny';
  expect((await ask(gateway, 'HEAD', '/customers/7')).status).toBe(403);
  expect(recorded(gateway)).toMatchObject({ request: 'HEAD /customers/7 HTTP/1.1', response: 'HTTP/1.1 403', body: '' });
});

test('a held request whose client is to come back', async () => {
  const gateway = await behind(echo, { options: { hold_seconds: 0 } });
  gateway.gate.rule = () => 'hold';
  const { body, headers } = await ask(gateway, 'PUT', '/prices/7', {}, '{}');
  expect([headers['retry-after'], recorded(gateway).response, recorded(gateway).body]).toEqual(['15', 'HTTP/1.1 403', body]);
  expect(body).toContain('ap_1');
});

test('a target that is down', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as { readonly port: number };
  closed.close();
  const gateway = await inFrontOf(port);
  const { body, status } = await ask(gateway, 'GET', '/a');
  expect(status).toBe(502);
  expect(recorded(gateway)).toMatchObject({ request: 'GET /a HTTP/1.1', response: 'HTTP/1.1 502', body });
});

test('a body that is too large', async () => {
  const gateway = await behind(echo, { options: { body_limit_mib: 1 } });
  const { body, status } = await ask(gateway, 'POST', '/a', {}, 'x'.repeat((1 << 20) + 1));
  expect(status).toBe(413);
  expect(recorded(gateway)).toMatchObject({ response: 'HTTP/1.1 413', body });
});

test('a WebSocket that a page of another site asks for, with what it was asked', async () => {
  const gateway = await behind(echo);
  const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OTAxMjM0NQ==';
  const said = await raw(
    gateway,
    `GET /socket HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${TOKEN}\r\norigin: https://other.example\r\n${upgrade}\r\n\r\n`,
  );
  expect(said).toMatch(/^HTTP\/1\.1 403 /);
  expect(recorded(gateway)).toMatchObject({ request: 'GET /socket HTTP/1.1', response: 'HTTP/1.1 403' });
  expect(said.endsWith(recorded(gateway).body)).toBe(true);
});

test('a WebSocket of a target that is down: how it ended stands there, too', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as { readonly port: number };
  closed.close();
  const gateway = await inFrontOf(port);
  const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OTAxMjM0NQ==';
  const said = await raw(gateway, `GET /socket HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${TOKEN}\r\n${upgrade}\r\n\r\n`);
  expect(said).toMatch(/^HTTP\/1\.1 502 /);
  expect(recorded(gateway)).toMatchObject({ request: 'GET /socket HTTP/1.1', response: 'HTTP/1.1 502' });
  expect(gateway.gate.notes).toContainEqual(
    expect.objectContaining({
      type: 'result',
      command: 1,
      state: 'unknown',
      error: expect.objectContaining({ code: 'ERR_TARGET_UNREACHABLE' }),
    }),
  );
});

test('an answer that breaks off in the middle stays the one that had begun', async () => {
  const gateway = await behind((_, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('half', () => response.destroy());
  });
  await expect(ask(gateway, 'GET', '/a')).rejects.toThrow();
  expect(recorded(gateway)).toMatchObject({ response: 'HTTP/1.1 200', session: undefined, body: 'half' });
});

test('who is not let in has no session, and no record', async () => {
  const gateway = await behind(echo);
  expect((await ask(gateway, 'GET', '/a', { authorization: 'Bearer sp_wrong' })).status).toBe(401);
  expect(recorded(gateway)).toEqual({ request: undefined, response: undefined, session: undefined, body: '' });
});
