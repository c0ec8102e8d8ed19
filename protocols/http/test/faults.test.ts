import { once } from 'node:events';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { GatewayError } from '@sallyport/core';
import { ask, behind, echo, inFrontOf, open } from './requests.ts';
import { TOKEN } from './test-gateway.ts';

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

  test('of a token that others could read is refused: plain HTTP is for this machine', async () => {
    let reached = 0;
    const gateway = await behind((_request, response) => response.end(String(reached++)), { host: { client: '10.1.2.3:4567' } });
    expect(await ask(gateway, 'GET', '/')).toMatchObject({ status: 403, body: expect.stringContaining('https') as string });
    expect([reached, gateway.gate.signIns]).toEqual([0, []]);
  });

  test('of a page of another site is not served', async () => {
    const gateway = await behind(echo);
    const authorization = `Basic ${Buffer.from(`alice:${TOKEN}`).toString('base64')}`;
    const there = { authorization, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    expect(await ask(gateway, 'GET', '/', there)).toMatchObject({ status: 403 });
    expect(await ask(gateway, 'POST', '/', { ...there, 'sec-fetch-site': 'same-site' })).toMatchObject({ status: 403 });
    // A token that a page's program shows goes along only where that program wants it to.
    expect(await ask(gateway, 'GET', '/', { ...there, authorization: `Bearer ${TOKEN}` })).toMatchObject({ status: 200 });
    expect(await ask(gateway, 'GET', '/', { ...there, 'sec-fetch-mode': 'navigate' })).toMatchObject({ status: 200 });
  });
});
