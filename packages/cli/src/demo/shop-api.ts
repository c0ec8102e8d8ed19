import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type GitServerOptions, serveGit } from './git-server.ts';
import { type Customer, seedCustomers } from './seed.ts';

const ORDERS = 40;
const BODY_CHARACTERS = 64 * 1024;

export interface ShopApi {
  readonly port: number;
  stop(): Promise<void>;
}

interface Order {
  readonly id: number;
  readonly customer: number;
  readonly total: string;
  state: string;
}

/** What an answer is: a status, and what it says as JSON. */
type Answer = readonly [status: number, body: unknown];

/**
 * The shop's customers and orders as a small JSON API on the loopback interface, with its Git repositories below `/git`.
 *
 * @param options how clients sign in, and the folder that holds `git/`.
 */
export async function startShopApi(options: GitServerOptions): Promise<ShopApi> {
  const shop = new Shop();
  const server = createServer((request, response) => {
    serve(request, response, shop, options).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, shop: Shop, options: GitServerOptions): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://shop');
  if (url.pathname.startsWith('/git/')) return serveGit(request, response, options);
  const wanted = `Basic ${Buffer.from(`${options.username}:${options.password}`).toString('base64')}`;
  const [status, body] =
    request.headers.authorization === wanted ? await shop.answer(request, url) : [401, { error: 'wrong or missing credentials' }];
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body, null, 2)}\n`);
}

class Shop {
  readonly #customers = new Map(seedCustomers().map((each, at) => [at + 1, customerJson(at + 1, each)] as const));
  readonly #orders = Array.from(
    { length: ORDERS },
    (_, at): Order => ({ id: at + 1, customer: 1 + (at % 8), total: `${12 + at}.90`, state: at % 3 === 0 ? 'open' : 'paid' }),
  );

  async answer(request: IncomingMessage, { pathname, searchParams }: URL): Promise<Answer> {
    const [, kind, id] = /^\/(customers|orders)(?:\/(\d+))?$/.exec(pathname) ?? [];
    const number = Number(id);
    switch (`${request.method} ${kind}${id === undefined ? '' : '/id'}`) {
      case 'GET customers':
        return [200, [...this.#customers.values()].slice(0, Number(searchParams.get('limit') ?? 20))];
      case 'GET customers/id':
        return found(this.#customers.get(number));
      case 'DELETE customers/id':
        return this.#customers.delete(number) ? [200, { deleted: number }] : found(undefined);
      case 'GET orders':
        return [
          200,
          this.#orders.filter(({ customer }) => !searchParams.has('customer') || customer === Number(searchParams.get('customer'))),
        ];
      case 'GET orders/id':
        return found(this.#orders[number - 1]);
      case 'PUT orders/id':
        return this.#change(this.#orders[number - 1], request);
      default:
        return found(undefined);
    }
  }

  async #change(order: Order | undefined, request: IncomingMessage): Promise<Answer> {
    if (order === undefined) return found(undefined);
    const said = await text(request);
    const { state } = said.length > BODY_CHARACTERS ? {} : (JSON.parse(said) as { readonly state?: unknown });
    if (typeof state !== 'string') return [400, { error: 'an order has a state' }];
    order.state = state;
    return [200, order];
  }
}

function found(value: object | undefined): Answer {
  return value === undefined ? [404, { error: 'there is no such thing' }] : [200, value];
}

function customerJson(id: number, { name, email, phone, card, city, since }: Customer): object {
  return { id, name, email, phone, card_number: card, city, since };
}
