import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { parseAuthority } from './authority.ts';
import { guardedLookup, type PinOptions, pinAddresses } from './pinned-addresses.ts';

const four = (address: string): LookupAddress => ({ address, family: 4 });
const six = (address: string): LookupAddress => ({ address, family: 6 });

function pin(text: string, answer: readonly LookupAddress[], options: Partial<PinOptions> = {}) {
  const asked: string[] = [];
  const authority = parseAuthority(text);
  if (authority === undefined) throw new Error(`${text} is no authority`);
  const addresses = pinAddresses(authority, {
    exact: false,
    signal: new AbortController().signal,
    isOwnAddress: (address, port) => address === '127.0.0.1' && port === 8420,
    resolve: (host) => {
      asked.push(host);
      return Promise.resolve(answer);
    },
    ...options,
  });
  return { addresses, asked };
}

test('a server of the Internet is asked for once, and may be dialled', async () => {
  const { addresses, asked } = pin('a.test:443', [four('140.82.121.6'), six('2606:50c0:8000::153')]);
  expect(await addresses).toEqual([four('140.82.121.6'), six('2606:50c0:8000::153')]);
  expect(asked).toEqual(['a.test']);
});

test.each([
  ['loopback', '127.0.0.1', 'a private address'],
  ['a private range', '10.0.0.1', 'a private address'],
  ['carrier-grade NAT', '100.64.1.1', 'a private address'],
  ['a mapped address', '::ffff:192.168.0.1', 'a private address'],
  ['the metadata', '169.254.169.254', 'where clouds tell credentials'],
  ['the metadata by NAT64', '64:ff9b::a9fe:a9fe', 'where clouds tell credentials'],
  ['nothing', '0.0.0.0', "no server's address"],
])('a name that only a pattern means does not lead to %s', async (_, address, words) => {
  const answer = [address.includes(':') ? six(address) : four(address)];
  await expect(pin('a.test:443', answer).addresses).rejects.toMatchObject({
    code: 'ERR_ACCESS',
    message: expect.stringContaining(words),
  });
  // One bad address among good ones is enough.
  await expect(pin('a.test:443', [four('140.82.121.6'), ...answer]).addresses).rejects.toMatchObject({ code: 'ERR_ACCESS' });
});

test('a host that is listed as such may stand on a private network, not where the metadata are', async () => {
  expect(await pin('a.test:443', [four('10.0.0.1')], { exact: true }).addresses).toEqual([four('10.0.0.1')]);
  await expect(pin('a.test:443', [four('169.254.169.254')], { exact: true }).addresses).rejects.toMatchObject({ code: 'ERR_ACCESS' });
  const listed = pin('169.254.169.254:80', [], { exact: true });
  expect(await listed.addresses).toEqual([four('169.254.169.254')]);
  expect(listed.asked).toEqual([]);
});

test('an address that is written as such is looked at too', async () => {
  await expect(pin('10.0.0.1:443', []).addresses).rejects.toMatchObject({ code: 'ERR_ACCESS' });
  await expect(pin('[::ffff:a00:1]:443', []).addresses).rejects.toMatchObject({ code: 'ERR_ACCESS' });
  expect(await pin('140.82.121.6:443', []).addresses).toEqual([four('140.82.121.6')]);
});

test('the gateway is no server, listed or not', async () => {
  await expect(pin('localhost:8420', [four('127.0.0.1')], { exact: true }).addresses).rejects.toMatchObject({
    code: 'ERR_ACCESS',
    message: 'localhost:8420 is the gateway itself (127.0.0.1).',
  });
});

test('a name without addresses is unreachable; a resolver that does not answer is not waited for', async () => {
  const fails = () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
  await expect(pin('a.test:443', [], { resolve: fails }).addresses).rejects.toMatchObject({
    code: 'ERR_TARGET_UNREACHABLE',
    message: 'The name a.test cannot be resolved (ENOTFOUND).',
  });
  await expect(pin('a.test:443', []).addresses).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE' });
  const left = new AbortController();
  const { addresses } = pin('a.test:443', [], { resolve: () => new Promise(() => undefined), signal: left.signal });
  left.abort(new Error('gone'));
  await expect(addresses).rejects.toThrow('gone');
});

describe('what is dialled is what was looked at', () => {
  const authority = { host: 'somewhere.invalid', port: 0 };
  const lookup = (answer: readonly LookupAddress[], exact: boolean) =>
    guardedLookup(authority, { exact, isOwnAddress: () => false, resolve: () => Promise.resolve(answer) });

  test('where it may be', async () => {
    const server = createServer((socket) => socket.end('here'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const socket = connect({ host: 'somewhere.invalid', port, lookup: lookup([four('127.0.0.1')], true) });
      const [data] = (await once(socket, 'data')) as [Buffer];
      expect(data.toString()).toBe('here');
      const family = connect({ host: 'somewhere.invalid', port, family: 6, lookup: lookup([four('127.0.0.1')], true) });
      await expect(once(family, 'connect')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    } finally {
      server.close();
    }
  });

  test('where it may not be', async () => {
    const socket = connect({ host: 'somewhere.invalid', port: 443, lookup: lookup([four('127.0.0.1')], false) });
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ERR_ACCESS' });
  });
});
