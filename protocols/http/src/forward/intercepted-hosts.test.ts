import { targetSchema } from '../target-schema.ts';
import { interceptedHosts } from './intercepted-hosts.ts';

const hostsOf = (options: object, host = 'Api.GitHub.com') => interceptedHosts({ host, options: targetSchema.parse(options) });

test('hosts whose TLS is ended are the address and those that are listed', () => {
  expect(hostsOf({ forward: true, hosts: ['Uploads.GitHub.com', '*.example.com:8443'] })).toEqual([
    'api.github.com',
    'uploads.github.com',
    '*.example.com',
  ]);
});

test('a tunnel and a target without forward have none', () => {
  expect(hostsOf({ forward: 'tunnel', hosts: ['*'] })).toEqual([]);
  expect(hostsOf({})).toEqual([]);
});

test.each([
  ['hosts without forward', { hosts: ['a.test'] }],
  ['every host with its TLS ended', { forward: true, hosts: ['*'] }],
  ['every host with its TLS ended, at a port', { forward: true, hosts: ['*:8443'] }],
])('%s is refused in the configuration', (_, options) => {
  expect(targetSchema.safeParse(options).success).toBe(false);
});
