import fc from 'fast-check';
import { clientKey, clientProof, hi, hiSync, saslPrep, serverKey, serverSignature, storedKey, verifyProof } from './scram.ts';

describe('RFC 7677 section 3: user "user", password "pencil"', () => {
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const authMessage = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;
  const salted = hiSync('pencil', salt, 4096);

  test('the proof is the published one, and holds', () => {
    const proof = clientProof(clientKey(salted), authMessage);
    expect(proof.toString('base64')).toBe('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
    expect(verifyProof(storedKey(clientKey(salted)), authMessage, proof)).toBe(true);
  });

  test('the server signature is the published one', () => {
    expect(serverSignature(serverKey(salted), authMessage).toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });

  test('both variants of Hi agree', async () => {
    expect(await hi('pencil', salt, 4096)).toEqual(salted);
  });
});

test('a proof holds for its own key, message and length only', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, fc.string(), fc.nat(31), fc.integer({ min: 1, max: 255 }), (key, message, at, flip) => {
      const proof = clientProof(key, message);
      const stored = storedKey(key);
      expect(verifyProof(stored, message, proof)).toBe(true);
      expect(verifyProof(stored, `${message}x`, proof)).toBe(false);
      expect(verifyProof(stored, message, proof.subarray(0, at))).toBe(false);
      const bent = Buffer.from(proof);
      bent[at] = (bent[at] as number) ^ flip;
      expect(verifyProof(stored, message, bent)).toBe(false);
    }),
  );
});

test.each([
  ['plain ASCII is untouched', 'pen cil\u0007', 'pen cil\u0007'],
  ['soft hyphen vanishes (RFC 4013 section 3)', 'I\u00adX', 'IX'],
  ['feminine ordinal becomes a', '\u00aa', 'a'],
  ['roman numeral nine becomes IX', '\u2168', 'IX'],
  ['no-break space becomes a space', 'a\u00a0b', 'a b'],
  ['composed and decomposed agree', 'u\u0308', '\u00fc'],
  ['a prohibited character leaves the password as typed', '\u00aa\u0007', '\u00aa\u0007'],
  ['nothing left leaves the password as typed', '\u00ad', '\u00ad'],
])('SASLprep: %s', (_, typed, prepared) => {
  expect(saslPrep(typed)).toBe(prepared);
});
