// WebSockets by the usual library: text, binary, fragments, pings, and many at once.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { check } from './verdict.mjs';

const { HTTP_URL, HTTP_TOKEN, HTTP_MASKED } = process.env;
const open = async () => {
  const socket = new WebSocket(`${HTTP_URL.replace('http', 'ws')}/socket`, { headers: { authorization: `Bearer ${HTTP_TOKEN}` } });
  await once(socket, 'open');
  return socket;
};
const echo = async (socket, data, options) => {
  const answer = once(socket, 'message');
  socket.send(data, options);
  return (await answer)[0];
};

const socket = await open();
await check(
  'text',
  async () => String(await echo(socket, 'to ada@example.com')),
  HTTP_MASKED === '1' ? 'to [redacted]' : 'to ada@example.com',
);
await check('binary', async () => (await echo(socket, Buffer.alloc(1 << 20, 7))).equals(Buffer.alloc(1 << 20, 7)), true);
await check(
  'fragments',
  async () => {
    const answer = once(socket, 'message');
    socket.send('in ', { fin: false });
    socket.ping();
    socket.send('parts', { fin: true });
    return String((await answer)[0]);
  },
  'in parts',
);
await check(
  'ping',
  async () => {
    const pong = once(socket, 'pong');
    socket.ping('there');
    return String((await pong)[0]);
  },
  'there',
);
await check(
  'close',
  async () => {
    socket.close(1000, 'done');
    return (await once(socket, 'close'))[0];
  },
  1000,
);
await check(
  'many',
  async () => {
    const sockets = await Promise.all(Array.from({ length: 50 }, open));
    const answers = await Promise.all(sockets.map((each, number) => echo(each, `${number}`)));
    for (const each of sockets) each.terminate();
    return answers.every((answer, number) => String(answer) === `${number}`);
  },
  true,
);
