import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { anthropicMessages } from './anthropic-messages.ts';
import { embeddingsOf, openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';
import type { Body, ModelApi, ModelEvent } from './reply.ts';
import { replyTo } from './reply.ts';

const APIS: Readonly<Record<string, ModelApi>> = {
  '/v1/chat/completions': openaiChat,
  '/chat/completions': openaiChat,
  '/v1/responses': openaiResponses,
  '/v1/messages': anthropicMessages,
};
const BODY_LIMIT = 16 * 1024 * 1024;

/** What stands in for a language model. */
export interface LanguageModel {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** The bodies of the last requests, the newest last: what the model was shown. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

export interface LanguageModelOptions {
  /** What clients must show, as a bearer token or as `x-api-key`. */
  readonly key: string;
  /** 0: one that is free. */
  readonly port?: number;
  /** Between two events of a stream. */
  readonly pauseMs?: number;
}

/**
 * A server on the loopback interface that speaks OpenAI's Chat Completions, Responses and Embeddings and Anthropic's
 * Messages, in one piece and streamed. It says the same to everybody: made-up personal data and a made-up key, cut over
 * several pieces, and one call of the first tool that it is offered.
 */
export async function startLanguageModel({ key, port = 0, pauseMs = 0 }: LanguageModelOptions): Promise<LanguageModel> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void serve(request, response, key, pauseMs, asked).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    asked,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const LAST_ASKED = 32;

async function serve(request: IncomingMessage, response: ServerResponse, key: string, pauseMs: number, asked: string[]): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '';
  const api = APIS[path] ?? openaiChat;
  if (request.headers.authorization !== `Bearer ${key}` && request.headers['x-api-key'] !== key) {
    return give(response, 401, api.error('authentication_error', 'invalid x-api-key'));
  }
  if (request.method === 'GET' && path === '/v1/models')
    return give(response, 200, { object: 'list', data: [{ id: 'stand-in', object: 'model' }] });
  const text = await bodyOf(request);
  const body = asBody(text);
  if (request.method !== 'POST' || body === undefined)
    return give(response, 400, api.error('invalid_request_error', 'no JSON object was posted'));
  asked.push(text);
  if (asked.length > LAST_ASKED) asked.shift();
  if (path === '/v1/messages/count_tokens') return give(response, 200, { input_tokens: Math.ceil(text.length / 4) });
  if (path === '/v1/embeddings') return give(response, 200, embeddingsOf(body));
  if (APIS[path] === undefined) return give(response, 404, api.error('not_found_error', `there is nothing at ${path}`));
  const ask = api.read(body);
  const reply = replyTo(ask);
  if (!ask.stream) return give(response, 200, api.whole(ask, reply));
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  for (const event of api.events(ask, reply)) {
    if (response.destroyed) return;
    response.write(encoded(event));
    if (pauseMs > 0) await delay(pauseMs);
  }
  response.end();
}

function encoded({ name, data }: ModelEvent): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`;
}

function give(response: ServerResponse, status: number, body: Body): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function asBody(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}
