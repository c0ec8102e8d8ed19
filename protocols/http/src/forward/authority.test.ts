import fc from 'fast-check';
import { formatAuthority, parseAuthority } from './authority.ts';

test.each([
  ['api.github.com:443', { host: 'api.github.com', port: 443 }],
  ['API.GitHub.com.:443', { host: 'api.github.com', port: 443 }],
  ['localhost:8443', { host: 'localhost', port: 8443 }],
  ['my_host.test:1', { host: 'my_host.test', port: 1 }],
  ['xn--bcher-kva.example:443', { host: 'xn--bcher-kva.example', port: 443 }],
  ['1.2.3.4.example:443', { host: '1.2.3.4.example', port: 443 }],
  ['192.0.2.7:443', { host: '192.0.2.7', port: 443 }],
  ['[2001:DB8:0:0::7]:443', { host: '2001:db8::7', port: 443 }],
  ['[::ffff:127.0.0.1]:443', { host: '127.0.0.1', port: 443 }],
  ['[::FFFF:a9fe:a9fe]:80', { host: '169.254.169.254', port: 80 }],
])('%s is a server', (text, authority) => {
  expect(parseAuthority(text)).toEqual(authority);
});

test.each([
  ['no port', 'api.github.com'],
  ['no port behind a colon', 'api.github.com:'],
  ['no host', ':443'],
  ['port 0', 'a.test:0'],
  ['a port beyond the last', 'a.test:65536'],
  ['a port with a sign', 'a.test:+443'],
  ['a user', 'alice@a.test:443'],
  ['a user that looks like a host', 'api.github.com:443@evil.test:443'],
  ['a scheme', 'https://a.test:443'],
  ['a path', 'a.test:443/x'],
  ['an escape', 'a%2etest:443'],
  ['a blank', ' a.test:443'],
  ['a letter beyond ASCII', 'ａ.test:443'],
  ['a NUL', 'a.test\0.evil:443'],
  ['an empty label', 'a..test:443'],
  ['a dot alone', '.:443'],
  ['a label that begins with a hyphen', '-a.test:443'],
  ['a decimal address', '2130706433:443'],
  ['a short address', '127.1:443'],
  ['an octal address', '0177.0.0.1:443'],
  ['a hexadecimal address', '0x7f000001:443'],
  ['a partly hexadecimal address', '127.0.0.0x1:443'],
  ['an address with a zero before', '127.0.0.01:443'],
  ['five parts', '1.2.3.4.5:443'],
  ['a number and a final dot', '2130706433.:443'],
  ['an IPv6 address without brackets', '2001:db8::7:443'],
  ['a zone', '[fe80::1%eth0]:443'],
  ['no address in brackets', '[a.test]:443'],
  ['a name that is too long', `${'a.'.repeat(127)}aa:443`],
  ['a label that is too long', `${'a'.repeat(64)}.test:443`],
])('%s is none', (_, text) => {
  expect(parseAuthority(text)).toBeUndefined();
});

test('a port may be left out where there is a default', () => {
  expect(parseAuthority('a.test', 443)).toEqual({ host: 'a.test', port: 443 });
  expect(parseAuthority('[::1]', 443)).toEqual({ host: '::1', port: 443 });
});

test('what was read is written so that it is read again', () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  fc.assert(
    fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
      const read = parseAuthority(`${name}:${port}`);
      fc.pre(read !== undefined);
      expect(parseAuthority(formatAuthority(read))).toEqual(read);
    }),
  );
});

test('whatever comes, it is a server or none', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseAuthority(text, 443)));
});
