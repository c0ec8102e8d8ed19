import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestGateway, type TestGatewayOptions, TOKEN, testGateway, testTarget } from './test-gateway.ts';

export const BEARER = { authorization: `Bearer ${TOKEN}` };

/** What is closed after each test. */
export const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A gateway before a target that answers so. */
export async function behind(listener: RequestListener, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const target = await testTarget(listener);
  open.push(() => target.close());
  return inFrontOf(target.port, options);
}

export async function inFrontOf(port: number, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await testGateway(port, options);
  open.push(() => gateway.close());
  return gateway;
}

export interface Said {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly trailers: IncomingMessage['trailers'];
  readonly body: string;
}

export async function ask(
  gateway: TestGateway,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Said> {
  const request = httpRequest({ port: gateway.port, host: '127.0.0.1', method, path, headers: { ...BEARER, ...headers }, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const said = await text(response);
  return { status: response.statusCode ?? 0, headers: response.headers, trailers: response.trailers, body: said };
}

/** What comes back for exact bytes, until the connection closes. */
export async function raw(gateway: TestGateway, ...parts: readonly string[]): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1');
  for (const part of parts) socket.write(part);
  socket.on('error', () => undefined);
  return text(socket);
}

export async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Tells what it was asked. */
export const echo: RequestListener = (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });
};
