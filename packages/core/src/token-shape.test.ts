import { GatewayError } from './errors.ts';
import { withoutTokens, withoutWholeTokens } from './token-shape.ts';

const token = `sp_${'aB3'.repeat(16)}x`;

test('a token is blanked wherever it stands, also cut short', () => {
  expect(withoutTokens(`"${token}" and ${token.slice(0, 12)}`)).toBe('"sp_[redacted]" and sp_[redacted]');
  expect(withoutTokens('sp_ is the prefix, and wasp_sting a name')).toBe('sp_ is the prefix, and wasp_sting a name');
});

test('so is a JWT, with or without its signature', () => {
  const [header, payload] = [{ alg: 'RS256' }, { sub: 'ann' }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  expect(withoutTokens(`user "${header}.${payload}.c2ln" or ${header}.${payload}`)).toBe('user "eyJ[redacted]" or eyJ[redacted]');
  expect(withoutTokens('eyJ and eyJust.a name')).toBe('eyJ and eyJust.a name');
});

test('no error carries one to its reader', () => {
  expect(new GatewayError('ERR_LOGIN', `There is no user ${token}.`).message).toBe('There is no user sp_[redacted].');
});

test('in a command only a whole one is blanked: functions and columns may begin like it', () => {
  expect(withoutWholeTokens(`SELECT sp_getcustomers('${token}')`)).toBe("SELECT sp_getcustomers('sp_[redacted]')");
  expect(withoutWholeTokens(`${token}x ${token.slice(0, -1)} _${token}`)).toBe(`${token}x ${token.slice(0, -1)} _${token}`);
});
