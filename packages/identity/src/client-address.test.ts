import { addressOf } from './client-address.ts';

test.each([
  ['127.0.0.1:53312', '127.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['[::ffff:10.0.0.1]:99', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['[2001:db8::1]:5432', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('the address of %s is %s', (client, address) => {
  expect(addressOf(client)).toBe(address);
});
