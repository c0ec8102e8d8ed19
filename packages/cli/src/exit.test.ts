import { ExecError, GatewayError } from '@sallyport/core';
import { ApiError } from './api.ts';
import { CliError, exitCode, sentence } from './exit.ts';

test.each([
  [new CliError('no'), 1],
  [new CliError('what?', 2), 2],
  [new ExecError('42501', 'denied by a rule', true), 3],
  [new ExecError('42P01', 'no such table', false), 1],
  [new ApiError(403, 'self_approval', 'You cannot approve your own command.'), 3],
  [new ApiError(409, 'settled', 'dana has approved it already.'), 1],
  [new GatewayError('ERR_CONFIG', 'wrong'), 1],
  [new TypeError('a bug'), 1],
])('%s ends with %d', (error, code) => {
  expect(exitCode(error)).toBe(code);
});

test('what the system refuses is told in its own words', () => {
  const missing = Object.assign(new Error("ENOENT: no such file or directory, open 'a.sql'"), { code: 'ENOENT', syscall: 'open' });
  expect(sentence(missing)).toBe("ENOENT: no such file or directory, open 'a.sql'");
});

test('a bug is not dressed up as a sentence for people', () => {
  expect(sentence(new TypeError('x is undefined'))).toBe('TypeError: x is undefined');
  expect(sentence(new CliError('Do this instead.'))).toBe('Do this instead.');
});
