import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openKeys, type ServerCertificate } from '@sallyport/identity';
import { seedCustomers } from './seed.ts';

const CITIES = ['Lisbon', 'Porto', 'Faro'];

export interface ParcelService {
  readonly port: number;
  stop(): Promise<void>;
}

export interface ParcelServiceOptions {
  /** Who shows it as a bearer token is let in. */
  readonly key: string;
  readonly certificate: ServerCertificate;
  readonly port?: number;
}

/** A CA of the service's own, which nobody but the gateway's target trusts, and its certificate for localhost; made once. */
export async function parcelCertificate(demoFolder: string): Promise<ServerCertificate> {
  return await (await openKeys(join(demoFolder, 'parcels'))).serverCertificate(['localhost']);
}

/** Somebody else's API, on the loopback interface and with TLS: where parcels are, and for whom. */
export async function startParcelService({ key, certificate, port = 0 }: ParcelServiceOptions): Promise<ParcelService> {
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    const [status, body] = answer(request.url ?? '/', request.headers.authorization === `Bearer ${key}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body, null, 2)}\n`);
  });
  server.listen(port, '127.0.0.1');
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

function answer(path: string, signedIn: boolean): readonly [status: number, body: unknown] {
  if (!signedIn) return [401, { error: 'wrong or missing key' }];
  const { pathname, searchParams } = new URL(path, 'https://parcels');
  if (pathname !== '/parcels') return [404, { error: 'there is no such thing' }];
  const parcels = seedCustomers().map(({ name, email, phone }, at) => {
    return { id: `P${1001 + at}`, order: at + 1, at: CITIES[at % CITIES.length], recipient: { name, email, phone } };
  });
  return [200, parcels.slice(0, Number(searchParams.get('limit') ?? 20))];
}
