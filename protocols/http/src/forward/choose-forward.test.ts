import type { Target } from '@sallyport/core';
import { targetSchema } from '../target-schema.ts';
import { parseAuthority } from './authority.ts';
import { chooseForward } from './choose-forward.ts';

function target(name: string, address: string, options: object): Target {
  const { host, port } = parseAuthority(address, 443) ?? { host: address, port: 443 };
  return {
    name,
    protocol: 'http',
    host,
    port,
    tls: { mode: 'verify-full' },
    credentials: { username: '' },
    labels: {},
    options: targetSchema.parse(options),
  };
}

const targets = [
  target('shop', 'shop.internal', {}),
  target('rest', 'rest.test', { forward: 'tunnel', hosts: ['*', 'pinned.example.com', 'both.test'] }),
  target('wide', 'wide.test', { forward: true, hosts: ['*.example.com', 'both.test'] }),
  target('deep', 'deep.test:8443', { forward: true, hosts: ['*.deep.example.com', 'Upper.test', 'odd.test:9443', '10.0.0.5'] }),
  target('six', '[2001:DB8::7]', { forward: true }),
];

const choose = (text: string, among: readonly Target[] = targets) => {
  const authority = parseAuthority(text);
  if (authority === undefined) throw new Error(`${text} is no authority`);
  const choice = chooseForward(authority, among);
  return 'refused' in choice
    ? choice.refused
    : [choice.target.name, choice.tunnel ? 'tunnel' : 'ended', choice.exact ? 'exact' : 'pattern'];
};

test.each([
  ['wide.test:443', ['wide', 'ended', 'exact']],
  ['deep.test:8443', ['deep', 'ended', 'exact']],
  ['upper.test:443', ['deep', 'ended', 'exact']],
  ['odd.test:9443', ['deep', 'ended', 'exact']],
  ['10.0.0.5:443', ['deep', 'ended', 'exact']],
  ['[2001:db8::7]:443', ['six', 'ended', 'exact']],
  ['a.example.com:443', ['wide', 'ended', 'pattern']],
  ['a.b.example.com:443', ['wide', 'ended', 'pattern']],
  ['a.deep.example.com:443', ['deep', 'ended', 'pattern']],
  ['pinned.example.com:443', ['rest', 'tunnel', 'exact']],
  ['both.test:443', ['wide', 'ended', 'exact']],
  ['example.com:443', ['rest', 'tunnel', 'pattern']],
  ['notexample.com:443', ['rest', 'tunnel', 'pattern']],
  ['anything.else:443', ['rest', 'tunnel', 'pattern']],
  ['shop.internal:443', ['rest', 'tunnel', 'pattern']],
])('%s is %j', (text, choice) => {
  expect(choose(text)).toEqual(choice);
});

const listed = targets.filter(({ name }) => name !== 'rest');

test('a host that no target lists is refused, with what to do', () => {
  expect(choose('evil.com:443', listed)).toBe(
    'No target here stands for evil.com:443: a target with `forward` must list the host under `hosts`.',
  );
  expect(choose('example.com:443', listed)).toContain('No target here stands for example.com:443');
  expect(choose('evilexample.com:443', listed)).toContain('No target here stands for');
  expect(choose('shop.internal:443', listed)).toContain('No target here stands for');
});

test.each(['wide.test:22', 'deep.test:443', 'a.example.com:80', 'upper.test:25'])('%s is refused for its port', (text) => {
  expect(choose(text, listed)).toMatch(/^No target here stands for .*, only for port [\d, ]+ of it: list it as `.*:\d+` under `hosts`\.$/);
});

test('a pattern of a port means that port alone', () => {
  const any = [target('any', 'any.test', { forward: 'tunnel', hosts: ['*:22'] })];
  expect(choose('a.test:22', any)).toEqual(['any', 'tunnel', 'pattern']);
  expect(choose('a.test:443', any)).toContain('only for port 22');
});
