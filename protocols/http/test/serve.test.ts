import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { GatewayError } from '@sallyport/core';
import { findWords } from './find-words.ts';
import { type TestGateway, type TestGatewayOptions, TOKEN, testGateway, testTarget } from './test-gateway.ts';

const BEARER = { authorization: `Bearer ${TOKEN}` };

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function behind(listener: RequestListener, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const target = await testTarget(listener);
  open.push(() => target.close());
  return inFrontOf(target.port, options);
}

async function inFrontOf(port: number, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await testGateway(port, options);
  open.push(() => gateway.close());
  return gateway;
}

interface Said {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly trailers: IncomingMessage['trailers'];
  readonly body: string;
}

async function ask(gateway: TestGateway, method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Said> {
  const request = httpRequest({ port: gateway.port, host: '127.0.0.1', method, path, headers: { ...BEARER, ...headers }, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const said = await text(response);
  return { status: response.statusCode ?? 0, headers: response.headers, trailers: response.trailers, body: said };
}

/** What comes back for exact bytes, until the connection closes. */
async function raw(gateway: TestGateway, ...parts: readonly string[]): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1');
  for (const part of parts) socket.write(part);
  socket.on('error', () => undefined);
  return text(socket);
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const echo: RequestListener = (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });
};

describe('a request', () => {
  test('reaches the target with its credential, and without what belongs to the client and its connection', async () => {
    const gateway = await behind(echo);
    const { body, headers } = await ask(
      gateway,
      'POST',
      '/a?b=c',
      { connection: 'x-mine', 'x-mine': '1', te: 'trailers', 'x-forwarded-for': '6.6.6.6', 'x-kept': 'yes' },
      'hello',
    );
    const seen = JSON.parse(body) as { headers: Record<string, string> };
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/a?b=c',
      body: 'hello',
      headers: { authorization: 'Bearer target-secret', 'x-kept': 'yes' },
    });
    expect(Object.keys(seen.headers)).not.toEqual(expect.arrayContaining(['x-mine']));
    expect(seen.headers['x-forwarded-for']).toBeUndefined();
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(JSON.stringify(gateway.gate.recorded('client'))).not.toContain(TOKEN);
    expect(gateway.gate.commands[0]).toMatchObject({
      class: ['write'],
      verbs: ['POST'],
      text: expect.stringContaining('POST /a') as string,
    });
    expect(gateway.gate.notes).toContainEqual(expect.objectContaining({ type: 'result', state: 'completed', status: 200 }));
  });

  test.each([
    ['a bearer token', { authorization: `Bearer ${TOKEN}` }],
    ["GitHub's word for one", { authorization: `token ${TOKEN}` }],
    ['Basic', { authorization: `Basic ${Buffer.from(`alice:${TOKEN}`).toString('base64')}` }],
    ['Basic for nobody', { authorization: `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}` }],
    ['Basic with a key as its user', { authorization: `Basic ${Buffer.from(`${TOKEN}:`).toString('base64')}` }],
    ['Proxy-Authorization', { 'proxy-authorization': `Bearer ${TOKEN}`, authorization: 'Bearer the-client-s-own' }],
    ['a header of choice', { 'x-api-key': TOKEN }],
  ])('is let in by %s, which goes no further', async (_, headers) => {
    const gateway = await behind(echo, { options: { token_header: 'X-Api-Key' } });
    const request = httpRequest({ port: gateway.port, headers, agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const body = await text(response);
    expect([response.statusCode, body.includes(TOKEN), body.includes('target-secret')]).toEqual([200, false, true]);
  });

  test('without a token, or with a wrong one, is challenged; after six the connection closes', async () => {
    const gateway = await behind(echo);
    const none = await raw(gateway, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(none).toMatch(/^HTTP\/1.1 401 .*www-authenticate: Basic .*www-authenticate: Bearer/is);
    const wrong = 'GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sp_wrong\r\n\r\n';
    const answers = await raw(gateway, wrong.repeat(10));
    expect(answers.match(/HTTP\/1.1 401/g)).toHaveLength(6);
    expect(gateway.gate.signIns).toHaveLength(0);
  });

  test('is one of a session for as long as its connection lasts, in its order though they are pipelined', async () => {
    const order: string[] = [];
    const gateway = await behind((request, response) => {
      setTimeout(() => response.end(request.url), order.push(request.url ?? '') === 1 ? 50 : 0);
    });
    const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n${more}\r\n`;
    const answers = await raw(gateway, get('/1') + get('/2') + get('/3', 'Connection: close\r\n'));
    expect(answers.match(/\/\d/g)?.filter((found) => /\/[123]$/.test(found))).toEqual(expect.arrayContaining(['/1', '/2', '/3']));
    expect(order).toEqual(['/1', '/2', '/3']);
    await until(() => gateway.gate.ends.length > 0);
    expect([gateway.gate.signIns.length, gateway.gate.ends.length]).toEqual([1, 1]);
  });

  test('that expects 100-continue sends its body when it is let in', async () => {
    const gateway = await behind(echo);
    const request = httpRequest({
      port: gateway.port,
      method: 'PUT',
      headers: { ...BEARER, expect: '100-continue', 'content-length': 5 },
      agent: false,
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('hello');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(await text(response)).toContain('"body":"hello"');
    gateway.gate.rule = () => 'deny';
    const denied = httpRequest({
      port: gateway.port,
      method: 'PUT',
      headers: { ...BEARER, expect: '100-continue', 'content-length': 5 },
      agent: false,
    });
    let told = false;
    denied.on('continue', () => {
      told = true;
    });
    denied.flushHeaders();
    const [refusal] = (await once(denied, 'response')) as [IncomingMessage];
    expect([refusal.statusCode, told]).toEqual([403, false]);
    denied.destroy();
  });

  test('that is denied learns why in words that libraries show', async () => {
    let reached = 0;
    const gateway = await behind((_request, response) => response.end(String(reached++)));
    gateway.gate.rule = ({ verbs }) => (verbs.includes('DELETE') ? 'deny' : 'allow');
    const { status, body, headers } = await ask(gateway, 'DELETE', '/x', { 'content-length': '11' }, 'with a body');
    expect([status, reached, headers['sallyport-session']]).toEqual([403, 0, 's_1']);
    expect(JSON.parse(body)).toMatchObject({
      type: 'error',
      error: { type: 'denied', message: 'sallyport: shop-api: Denied by a test.' },
      rule: ['a test'],
      session: 's_1',
    });
  });
});

describe('a held request', () => {
  test('waits, and its body with it, until somebody says yes or no', async () => {
    const gateway = await behind(echo);
    gateway.gate.rule = () => 'hold';
    const yes = ask(gateway, 'PUT', '/x', { 'content-type': 'text/plain' }, 'the body');
    await until(() => gateway.gate.holds.length === 1);
    expect(gateway.gate.holds[0]).toMatchObject({
      context: { body: expect.stringMatching(/^8 bytes, SHA-256 /) as string, content: 'the body' },
      options: { resendable: true },
    });
    gateway.gate.holds[0]?.approve();
    expect(JSON.parse((await yes).body)).toMatchObject({ body: 'the body' });
    const no = ask(gateway, 'GET', '/x');
    await until(() => gateway.gate.holds.length === 2);
    gateway.gate.holds[1]?.deny('dana denied it');
    expect(await no).toMatchObject({ status: 403, body: expect.stringContaining('dana denied it') as string });
  });

  test('is told to come back after its time', async () => {
    const gateway = await behind(echo, { options: { hold_seconds: 0 } });
    gateway.gate.rule = () => 'hold';
    const { status, headers, body } = await ask(gateway, 'PUT', '/x', {}, 'b');
    expect([status, headers['retry-after']]).toEqual([403, '15']);
    expect(JSON.parse(body)).toMatchObject({
      error: { type: 'held' },
      approval: 'ap_1',
      reason: expect.stringContaining('send the same request again') as string,
    });
  });

  test('never runs when its client has left', async () => {
    let reached = 0;
    const gateway = await behind((_request, response) => response.end(String(reached++)));
    gateway.gate.rule = () => 'hold';
    const request = httpRequest({ port: gateway.port, method: 'PUT', headers: BEARER, agent: false }).end('x');
    request.on('error', () => undefined);
    await until(() => gateway.gate.holds.length === 1);
    request.destroy();
    await until(() => gateway.gate.ends.length === 1);
    gateway.gate.holds[0]?.approve();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reached).toBe(0);
  });
});

describe('an answer', () => {
  test('is masked, and says nothing of the original', async () => {
    const gateway = await behind(
      (_request, response) => {
        response.writeHead(200, {
          'content-type': 'text/plain',
          'content-length': 20,
          etag: '"1"',
          'accept-ranges': 'bytes',
          'x-owner': 'ada@example.com',
        });
        response.write('to ada@exa');
        setTimeout(() => response.end('mple.com !'), 20);
      },
      { textMask: findWords },
    );
    const { body, headers } = await ask(gateway, 'GET', '/');
    expect(body).toBe('to *** !');
    expect([headers.etag, headers['content-length'], headers['accept-ranges'], headers['x-owner']]).toEqual([
      undefined,
      undefined,
      undefined,
      '***',
    ]);
    expect(gateway.gate.bodies('target')).toBe('to *** !');
    expect(gateway.gate.notes).toContainEqual(expect.objectContaining({ masked: { words: 1 } }));
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('to %s with %i has no body', async (method, status) => {
    const gateway = await behind((_request, response) => response.writeHead(status, { etag: '"x"' }).end());
    expect(await ask(gateway, method, '/')).toMatchObject({ status, body: '', headers: { etag: '"x"' } });
  });

  test('has trailers, and redirects lead back through the gateway', async () => {
    const gateway = await behind((request, response) => {
      response.writeHead(302, { location: `http://${request.headers.host}/next?x=1`, trailer: 'x-sum' });
      response.write('moved');
      response.addTrailers({ 'x-sum': '5' });
      response.end();
    });
    expect(await ask(gateway, 'GET', '/')).toMatchObject({
      status: 302,
      headers: { location: '/next?x=1' },
      body: 'moved',
      trailers: { 'x-sum': '5' },
    });
  });

  test('comes as the target sends it, byte by byte', async () => {
    let next: () => void = () => undefined;
    const gateway = await behind((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      next = () => response.write('data: 1\n\n');
    });
    const request = httpRequest({ port: gateway.port, headers: BEARER, agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    next();
    expect(String((await once(response, 'data'))[0])).toBe('data: 1\n\n');
    next();
    expect(String((await once(response, 'data'))[0])).toBe('data: 1\n\n');
    request.on('error', () => undefined).destroy();
  });

  test('waits for a reader that stalls: the target is held back', async () => {
    let sent = 0;
    const gateway = await behind((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
        response.once('drain', more);
      };
      more();
    });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
    await once(socket, 'readable');
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(sent).toBeLessThan(32 << 20);
    socket.destroy();
    await until(() => gateway.gate.ends.length === 1);
  });

  test('ends at the target when the client leaves, and is cut off when the session ends', async () => {
    let closed = 0;
    const gateway = await behind((_request, response) => {
      response.write('begun');
      response.on('close', () => {
        closed += 1;
      });
    });
    const leaving = httpRequest({ port: gateway.port, headers: BEARER, agent: false }).end();
    leaving.on('error', () => undefined);
    await once(leaving, 'response');
    leaving.destroy();
    await until(() => closed === 1);
    const request = httpRequest({ port: gateway.port, headers: BEARER, agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    gateway.gate.ending.abort(new GatewayError('ERR_ENDED', 'Ended by dana.'));
    await expect(text(response)).rejects.toThrow();
    await until(() => closed === 2 && gateway.gate.ends.length === 2);
    expect(gateway.gate.notes).toContainEqual(expect.objectContaining({ type: 'result', state: 'unknown' }));
  });
});

describe('a fault', () => {
  test('of a target that is not there is a 502', async () => {
    const gateway = await inFrontOf(1);
    expect(await ask(gateway, 'GET', '/')).toMatchObject({
      status: 502,
      body: expect.stringContaining('cannot be reached at 127.0.0.1:1') as string,
    });
  });

  test('of a target that closes, or speaks something else, is a 502; of one that is silent a 504', async () => {
    const answers: Record<string, string> = { '/close': '', '/garbage': 'SSH-2.0-OpenSSH\r\n\r\n', '/silent': 'wait' };
    const server = createTcp((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (data) => {
          const answer = answers[String(data).split(' ')[1] ?? ''] ?? '';
          if (answer !== 'wait') socket.end(answer);
        });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(() => server.close());
    const gateway = await inFrontOf((server.address() as AddressInfo).port, { options: { timeout_seconds: 1 } });
    expect(await ask(gateway, 'GET', '/close')).toMatchObject({ status: 502 });
    expect(await ask(gateway, 'GET', '/garbage')).toMatchObject({ status: 502, body: expect.stringContaining('not HTTP') as string });
    expect(await ask(gateway, 'GET', '/silent')).toMatchObject({ status: 504, body: expect.stringContaining('s_') as string });
  });

  test('of an answer that breaks off is no whole answer', async () => {
    const gateway = await behind((_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(ask(gateway, 'GET', '/')).rejects.toThrow();
    expect(gateway.gate.notes).toContainEqual(expect.objectContaining({ state: 'unknown' }));
  });

  test('of a body that is too large is a 413, of a record that cannot be kept a 503: nothing reaches the target', async () => {
    let reached = 0;
    const gateway = await behind((_request, response) => response.end(String(reached++)), {
      options: { body_limit_mib: 1 },
      gate: { durable: () => Promise.reject(new GatewayError('ERR_RECORDING', 'The disk is full.')) },
    });
    expect(await ask(gateway, 'GET', '/')).toMatchObject({ status: 503, body: expect.stringContaining('The disk is full.') as string });
    const large = await behind(echo, { options: { body_limit_mib: 1 } });
    expect(await ask(large, 'POST', '/', {}, 'x'.repeat((1 << 20) + 1))).toMatchObject({ status: 413 });
    expect(reached).toBe(0);
  });

  test('of a page of another site is not served', async () => {
    const gateway = await behind(echo);
    const there = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    expect(await ask(gateway, 'GET', '/', there)).toMatchObject({ status: 403 });
    expect(await ask(gateway, 'GET', '/', { ...there, 'sec-fetch-mode': 'navigate' })).toMatchObject({ status: 200 });
  });
});

describe('HTTP/2', () => {
  test('in, and HTTP/1.1 out: several at once, with bodies, masked', async () => {
    const gateway = await behind(echo, { textMask: findWords });
    const client = connectHttp2(`http://127.0.0.1:${gateway.port}`);
    open.push(() => client.close());
    const answers = await Promise.all(
      [1, 2, 3].map(async (number) => {
        const stream = client.request({ ':method': 'POST', ':path': `/${number}`, ...BEARER });
        stream.end('of ada@example.com');
        return text(stream);
      }),
    );
    expect(answers.map((body) => (JSON.parse(body) as { url: string }).url)).toEqual(['/1', '/2', '/3']);
    expect(answers[0]).toContain('of ***');
    client.close();
    await until(() => gateway.gate.ends.length === 1);
    expect(gateway.gate.signIns).toHaveLength(1);
  });

  test('in and out for gRPC: trailers, and answers that are trailers only', async () => {
    const server = createHttp2();
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      if (headers[':path'] === '/fails')
        return stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true });
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', te: undefined }));
      stream.pipe(stream);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(() => server.close());
    const gateway = await inFrontOf((server.address() as AddressInfo).port);
    const client = connectHttp2(`http://127.0.0.1:${gateway.port}`);
    open.push(() => client.close());
    const call = (path: string) =>
      client.request({ ':method': 'POST', ':path': path, te: 'trailers', 'content-type': 'application/grpc', ...BEARER });
    const works = call('/works');
    works.end('message');
    const trailers = once(works, 'trailers');
    expect(await text(works)).toBe('message');
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
    const fails = call('/fails');
    fails.end('message');
    const [headers, flags] = (await once(fails, 'response')) as [Record<string, string>, number];
    expect([headers['grpc-status'], flags & 1]).toEqual(['5', 1]);
    fails.resume();
  });

  test('a client that takes back request after request is sent away', async () => {
    const gateway = await behind(() => undefined);
    const client = connectHttp2(`http://127.0.0.1:${gateway.port}`);
    client.on('error', () => undefined);
    let open = true;
    client.on('close', () => {
      open = false;
    });
    for (let count = 0; count < 600 && open; count += 1) {
      const stream = client.request({ ':path': '/', ...BEARER });
      stream.on('error', () => undefined);
      stream.close(8);
      if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => !open);
    await until(() => gateway.gate.ends.length <= 1);
  });
});
