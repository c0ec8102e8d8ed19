import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { findWords } from './find-words.ts';
import { type TestGateway, TOKEN, testGateway, testTarget } from './test-gateway.ts';

const AUTHORISED = { headers: { authorization: `Bearer ${TOKEN}` } };

describe('a WebSocket', () => {
  let target: Awaited<ReturnType<typeof testTarget>>;
  let gateway: TestGateway;

  beforeEach(async () => {
    target = await testTarget((_request, response) => response.writeHead(404).end('none'));
    const server = new WebSocketServer({ server: target.server, path: '/chat', perMessageDeflate: true });
    server.on('connection', (socket, request) => {
      socket.send(JSON.stringify({ authorization: request.headers.authorization, extensions: socket.extensions }));
      socket.on('message', (data: Buffer, binary: boolean) => socket.send(data, { binary }));
    });
    gateway = await testGateway(target.port, { textMask: findWords });
  });
  afterEach(async () => {
    target.close();
    await gateway.close();
  });

  const url = (path = '/chat'): string => `ws://127.0.0.1:${gateway.port}${path}`;
  const next = async (socket: WebSocket): Promise<Buffer> => (await once(socket, 'message'))[0] as Buffer;

  test('carries messages both ways, masked and recorded, with the credential of the target', async () => {
    const socket = new WebSocket(url(), AUTHORISED);
    expect(JSON.parse(String(await next(socket)))).toEqual({ authorization: 'Bearer target-secret', extensions: '' });
    socket.send('to ada@example.com now');
    expect(String(await next(socket))).toBe('to *** now');
    const large = Buffer.alloc(3_000_000, 7);
    socket.send(large);
    expect((await next(socket)).equals(large)).toBe(true);
    socket.ping('there?');
    expect(String((await once(socket, 'pong'))[0])).toBe('there?');
    socket.close(1000, 'done');
    expect((await once(socket, 'close'))[0]).toBe(1000);
    await until(() => gateway.gate.notes.length > 0);
    expect(gateway.gate.commands[0]).toMatchObject({ class: ['read', 'write'], verbs: ['GET', 'WEBSOCKET'], text: 'GET /chat' });
    const texts = (['client', 'target'] as const).map((from) =>
      gateway.gate
        .recorded(from)
        .flatMap((message) => (message.type === 'websocket' && message.opcode === 1 ? [String(message.data)] : [])),
    );
    expect(texts[0]).toEqual(['to *** now']);
    expect(texts[1]?.[1]).toBe('to *** now');
    expect(gateway.gate.notes).toContainEqual(
      expect.objectContaining({ type: 'result', state: 'completed', status: 101, masked: { words: 1 } }),
    );
  });

  test('is refused with a sentence without a token, by a rule, and from a page of another site', async () => {
    const refused = async (options: object, path?: string): Promise<number> => {
      const socket = new WebSocket(url(path), options);
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number; resume(): void }];
      response.resume();
      return response.statusCode;
    };
    expect(await refused({})).toBe(401);
    expect(await refused({ headers: { ...AUTHORISED.headers, origin: 'https://evil.example' } })).toBe(403);
    expect(await refused(AUTHORISED, '/other')).toBe(400);
    gateway.gate.rule = () => 'deny';
    expect(await refused(AUTHORISED)).toBe(403);
  });

  test('waits for an approval, and ends with the session', async () => {
    gateway.gate.rule = () => 'hold';
    const socket = new WebSocket(url(), AUTHORISED);
    await until(() => gateway.gate.holds.length > 0);
    gateway.gate.holds[0]?.approve();
    await next(socket);
    gateway.gate.ending.abort(new Error('over'));
    expect((await once(socket, 'close'))[0]).toBe(1008);
    await until(() => gateway.gate.ends.length > 0);
  });
});

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
}
