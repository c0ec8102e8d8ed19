import { networkInterfaces } from 'node:os';
import { isOwnAddress } from './own-address.ts';

const listeners = ['127.0.0.1:8420', '[::]:18088'];

test.each([
  ['127.0.0.1', 8420],
  ['127.9.9.9', 8420],
  ['::1', 18_088],
  ['::ffff:127.0.0.1', 8420],
  ...Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }): [string, number] => [address, 18_088])),
])('%s with port %i is the gateway', (address, port) => {
  expect(isOwnAddress(listeners, address, port)).toBe(true);
});

test.each([
  ['127.0.0.1', 443],
  ['192.0.2.1', 8420],
  ['2001:db8::1', 18_088],
])('%s with port %i is another', (address, port) => {
  expect(isOwnAddress(listeners, address, port)).toBe(false);
});
