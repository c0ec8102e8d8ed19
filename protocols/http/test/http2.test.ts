import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { findWords } from './find-words.ts';
import { BEARER, behind, echo, inFrontOf, open, until } from './requests.ts';

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
