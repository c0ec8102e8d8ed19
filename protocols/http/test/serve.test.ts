import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { GatewayError } from '@sallyport/core';
import { findWords } from './find-words.ts';
import { ask, BEARER, behind, echo, raw, until } from './requests.ts';
import { TOKEN } from './test-gateway.ts';

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
      headers: { authorization: 'Bearer *************', 'x-kept': 'yes' },
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
    expect([response.statusCode, body.includes(TOKEN), body.includes('Bearer *************')]).toEqual([200, false, true]);
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

  test('is the same one when only what differs each time differs, and another one with another body or header', async () => {
    const gateway = await behind(echo, { options: { token_header: 'x-key' } });
    const digest = async (headers: Record<string, string>, body = 'b'): Promise<string> => {
      await ask(gateway, 'PUT', '/x', headers, body);
      return gateway.gate.commands.at(-1)?.digest ?? '';
    };
    const first = await digest({ traceparent: '1', 'user-agent': 'a', 'x-tenant': 'shop' });
    expect(await digest({ traceparent: '2', 'user-agent': 'b', 'x-tenant': 'shop', 'x-key': TOKEN })).toBe(first);
    expect(await digest({ traceparent: '1', 'user-agent': 'a', 'x-tenant': 'other' })).not.toBe(first);
  });

  test('waits with its body also where only a part of that had to be seen to judge it', async () => {
    const gateway = await behind(echo);
    gateway.gate.rule = () => 'hold';
    const request = httpRequest({
      port: gateway.port,
      method: 'POST',
      path: '/graphql',
      headers: { ...BEARER, 'content-type': 'application/json' },
      agent: false,
    });
    request.write('{'); // in chunks: nobody knows how long it is
    request.end(`{"query":"{ a }","variables":{"x":"${'y'.repeat(3 << 20)}"}}`.slice(1));
    request.on('error', () => undefined);
    await Promise.race([until(() => gateway.gate.holds.length === 1), once(request, 'response')]);
    expect(gateway.gate.holds[0]?.context['body']).toMatch(/^31457\d\d bytes/);
    gateway.gate.holds[0]?.approve();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect([response.statusCode, (await text(response)).length > 3 << 20]).toEqual([200, true]);
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
    expect(gateway.gate.notes).toContainEqual(expect.objectContaining({ masked: { words: 2 } }));
  });

  test('that is compressed is unpacked to be masked; one in a coding that nobody knows is not given', async () => {
    const gateway = await behind(
      (request, response) => {
        const coding = String(request.headers['accept-encoding']);
        if (request.url === '/unknown') response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'snappy' }).end('x');
        else
          response
            .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'x-asked': coding })
            .end(gzipSync('{"to":"ada@example.com"}'));
      },
      { textMask: findWords },
    );
    const { body, headers } = await ask(gateway, 'GET', '/', { 'accept-encoding': 'gzip, snappy, br' });
    expect([body, headers['content-encoding'], headers['x-asked']]).toEqual(['{"to":"***"}', undefined, 'gzip, br']);
    expect(await ask(gateway, 'GET', '/unknown')).toMatchObject({ status: 502, body: expect.stringContaining('snappy') as string });
  });

  test('without masks passes as it was packed', async () => {
    const packed = gzipSync('{"to":"ada@example.com"}');
    const gateway = await behind((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(packed),
    );
    const request = httpRequest({ port: gateway.port, headers: BEARER, agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect([response.headers['content-encoding'], (await buffer(response)).equals(packed)]).toEqual(['gzip', true]);
  });

  test('is masked in its trailers and where it leads, too', async () => {
    const gateway = await behind(
      (_request, response) => {
        response.writeHead(302, { location: 'https://elsewhere.example/?of=ada@example.com', trailer: 'x-said' });
        response.write('gone');
        response.addTrailers({ 'x-said': 'by ada@example.com for target-secret' });
        response.end();
      },
      { textMask: findWords },
    );
    const { headers, trailers } = await ask(gateway, 'GET', '/');
    expect([headers.location, trailers['x-said']]).toEqual(['https://elsewhere.example/?of=***', 'by *** for *************']);
    expect(JSON.stringify(gateway.gate.recorded('target'))).not.toMatch(/ada@|target-secret/);
  });

  test('that is a part of a text is asked for as a whole where it is masked; parts of other things pass', async () => {
    const asked: (string | undefined)[] = [];
    const gateway = await behind(
      (request, response) => {
        asked.push(request.headers.range);
        const type = request.url === '/text' ? 'text/plain' : 'application/octet-stream';
        const body = 'to ada@example.com and all';
        if (request.headers.range === undefined) response.writeHead(200, { 'content-type': type }).end(body);
        else response.writeHead(206, { 'content-type': type, 'content-range': 'bytes 0-5/26' }).end(body.slice(0, 6));
      },
      { textMask: findWords },
    );
    expect(await ask(gateway, 'GET', '/text', { range: 'bytes=0-5' })).toMatchObject({ status: 200, body: 'to *** and all' });
    expect(await ask(gateway, 'GET', '/data', { range: 'bytes=0-5' })).toMatchObject({ status: 206, body: 'to ada' });
    expect(asked).toEqual(['bytes=0-5', undefined, 'bytes=0-5']);
  });

  test('that repeats the credential of the target shows stars in its place', async () => {
    const gateway = await behind((request, response) =>
      response.setHeader('x-saw', request.headers.authorization ?? '').end(request.headers.authorization),
    );
    expect(await ask(gateway, 'GET', '/')).toMatchObject({ body: 'Bearer *************', headers: { 'x-saw': 'Bearer *************' } });
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
