import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Siv } from './siv.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const key = Buffer.from(Array.from({ length: 64 }, (_, index) => 255 - index));

test.each([
  [
    'fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff',
    ['10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627'],
    '11223344 55667788 99aabbcc ddee',
    '85632d07 c6e8f37f 950acd32 0a2ecc93 40c02b96 90c4dc04 daef7f6a fe5c',
  ],
  [
    '7f7e7d7c 7b7a7978 77767574 73727170 40414243 44454647 48494a4b 4c4d4e4f',
    [
      '00112233 44556677 8899aabb ccddeeff deaddada deaddada ffeeddcc bbaa9988 77665544 33221100',
      '10203040 50607080 90a0',
      '09f91102 9d74e35b d84156c5 635688c0',
    ],
    '74686973 20697320 736f6d65 20706c61 696e7465 78742074 6f20656e 63727970 74207573 696e6720 5349562d 414553',
    `7bdb6e3b 432667eb 06f4d14b ff2fbd0f cb900f2f ddbe4043 26601965 c889bf17
     dba77ceb 094fa663 b7a3f748 ba8af829 ea64ad54 4a272e9c 485b62a3 fd5c0d`,
  ],
])('RFC 5297, appendix A: vector %#', (keys, associated, plaintext, sealed) => {
  expect(new Siv(hex(keys), ...associated.map(hex)).seal(hex(plaintext)).toString('hex')).toBe(hex(sealed).toString('hex'));
});

/** Of another implementation, OpenSSL's AES-256-SIV by way of pyca/cryptography. */
test.each([
  ['636f6e74616374', '616c696365406578616d706c652e636f6d', 'ba06568b1b620f239da8dc7c44acf076cd12b49212a88a757f467b1f577cba4bc5'],
  ['636f6e74616374', '000102030405060708090a0b0c0d0e', '33d4410c1221369bbc5414844f372748835b94a86205033b8e37dc5863488c'],
  ['636f6e74616374', '000102030405060708090a0b0c0d0e0f', 'b6b01f0af55666aa50d4672652ba064fb062b1c0ad97ceb61318815bfc417e96'],
  [
    '',
    '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20',
    'b1f24acb68dbf7ab82a9325cbe4247775fd58e83308cade783c7de9a40b144aedfb188a3ad73b023d2173acb48bc789e92',
  ],
])('AES-256: vector %#', (associated, plaintext, sealed) => {
  const siv = new Siv(key, ...(associated === '' ? [] : [hex(associated)]));
  expect(siv.seal(hex(plaintext)).toString('hex')).toBe(sealed);
  expect(siv.open(hex(sealed))?.toString('hex')).toBe(plaintext);
});

test('AES-256: a long message, by the digest of what the other implementation makes of it', () => {
  const message = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
  const sealed = new Siv(key, Buffer.from('contact')).seal(message);
  expect(createHash('sha256').update(sealed).digest('hex')).toBe('5b1b89246da9494055924fde3f8d1d48c64c2c2848fe0bfbf57080979399af13');
});

test('a message comes back, and only unchanged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, flip) => {
      const siv = new Siv(key, Buffer.from('domain'));
      const plaintext = Buffer.from(bytes);
      const sealed = siv.seal(plaintext);
      expect(sealed).toEqual(siv.seal(plaintext));
      expect(sealed.length).toBe(plaintext.length + 16);
      expect(siv.open(sealed)).toEqual(plaintext);
      const place = at % sealed.length;
      sealed[place] = (sealed[place] as number) ^ flip;
      expect(siv.open(sealed)).toBeUndefined();
      expect(new Siv(key, Buffer.from('other')).open(siv.seal(plaintext))).toBeUndefined();
    }),
  );
});

test('what is too short opens nothing, and a short key is refused', () => {
  expect(new Siv(key).open(Buffer.alloc(15))).toBeUndefined();
  expect(() => new Siv(Buffer.alloc(48))).toThrow('64 or 32 bytes');
});
