import { guessByName, guessByValues } from './sensitive-column.ts';

test.each([
  ['email', 'e-mail addresses'],
  ['contactEmail', 'e-mail addresses'],
  ['E-Mail', 'e-mail addresses'],
  ['mobile_phone', 'phone numbers'],
  ['card_number', 'card numbers'],
  ['creditCardNo', 'card numbers'],
  ['IBAN', 'bank accounts'],
  ['ssn', 'identity numbers'],
  ['passport_no', 'identity numbers'],
  ['date_of_birth', 'dates of birth'],
  ['born', 'dates of birth'],
  ['password_hash', 'secrets'],
  ['api_key', 'secrets'],
  ['refreshToken', 'secrets'],
  ['Kreditkarte', undefined],
  ['name', undefined],
  ['card_id', undefined],
  ['card_type', undefined],
  ['token_count', undefined],
  ['email_verified_at', undefined],
  ['is_email', undefined],
  ['spinner', undefined],
  ['company', undefined],
  ['hotel', undefined],
])('a column named %s: %s', (name, kind) => expect(guessByName(name)?.name).toBe(kind));

test.each([
  [['ada@example.com', 'bo@example.org', ''], 'e-mail addresses'],
  [['4111 1111 1111 1111', '5500-0000-0000-0004'], 'card numbers'],
  [['4111 1111 1111 1112', '5500-0000-0000-0005'], undefined],
  [['DE89 3704 0044 0532 0130 00', 'GB82WEST12345698765432'], 'bank accounts'],
  [['DE89 3704 0044 0532 0130 01'], undefined],
  [['+49 30 901820', '+1 415 555 2671'], 'phone numbers'],
  [['ghp_' + 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5'], 'secrets'],
  [['ask ada@example.com', 'no'], undefined],
  [['ada@example.com', 'none', 'none'], undefined],
  [[], undefined],
  [['', '  '], undefined],
])('values %j: %s', (values, kind) => expect(guessByValues(values)?.name).toBe(kind));

test('a long value is not looked at', () => {
  expect(guessByValues([`${'a'.repeat(300)}@example.com`])).toBeUndefined();
});
