/**
 * What the benchmark of HTTP asks: a small JSON answer, a large body, a stream of tokens.
 *
 *   node scripts/bench/http-target.ts PORT
 */
import { createServer, type ServerResponse } from 'node:http';

const CUSTOMER = JSON.stringify({ id: 7, name: 'Ada', city: 'London', email: 'ada@example.com', orders: [1, 2, 3], note: 'x'.repeat(700) });
const BLOCK = Buffer.alloc(1 << 16, 'a');
const TOKENS = 20;

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
  if (pathname === '/large') return large(response, Number(searchParams.get('bytes')));
  if (pathname === '/v1/chat/completions') return tokens(response);
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': CUSTOMER.length }).end(CUSTOMER);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');

function large(response: ServerResponse, bytes: number): void {
  let left = bytes;
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  const more = (): void => {
    while (left > 0) {
      const block = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK;
      left -= block.length;
      if (!response.write(block)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

function tokens(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const timer = setInterval(() => {
    const chunk = {
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { content: ` word${sent}` }, finish_reason: null }],
    };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    sent += 1;
    if (sent < TOKENS) return;
    clearInterval(timer);
    response.end('data: [DONE]\n\n');
  }, 5);
}
