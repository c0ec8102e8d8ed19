import { isLoopbackClient } from './loopback.ts';

test.each([
  ['127.0.0.1:5', true],
  ['127.8.9.1:5', true],
  ['[::1]:5', true],
  ['[::ffff:127.0.0.1]:5', true],
  ['10.0.0.1:5', false],
  ['127.0.0.1.example.com:5', false],
  ['[::2]:5', false],
  ['unknown:0', false],
])('%s is on this machine: %s', (client, loopback) => {
  expect(isLoopbackClient(client)).toBe(loopback);
});
