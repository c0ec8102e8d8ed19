import fc from 'fast-check';
import { isMask } from './mask-form.ts';
import { tokenDomain } from './token.ts';

const key = Buffer.alloc(32, 7);
const contact = tokenDomain(key, 'contact');

test('a token is the same for the same value, and gives it back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (value) => {
      const token = contact.seal(value);
      expect(token).toBe(tokenDomain(key, 'contact').seal(value));
      expect(contact.open(token)).toBe(value);
      expect(token).toMatch(/^mt_[0-9a-f]{6}_[\w-]+$/);
      expect(token).toHaveLength(10 + Math.ceil((4 * (16 + Buffer.byteLength(value))) / 3));
      expect(isMask(`Dear ${token}!`)).toBe(true);
    }),
  );
});

test('it tells nothing to another domain or another gateway', () => {
  const token = contact.seal('alice@example.com');
  for (const other of [tokenDomain(key, 'contacts'), tokenDomain(Buffer.alloc(32, 8), 'contact')]) {
    expect(other.open(token)).toBeUndefined();
    expect(other.seal('alice@example.com')).not.toBe(token);
  }
});

test('what was changed is no token', () => {
  const token = contact.seal('alice@example.com');
  for (let at = 0; at < token.length; at += 1) {
    for (const sign of 'Ab0_-= .') {
      const changed = token.slice(0, at) + sign + token.slice(at + 1);
      if (changed !== token) expect(contact.open(changed)).toBeUndefined();
    }
  }
  for (const text of ['', 'mt_', token.slice(0, -1), `${token}A`, `${token}=`, `${token} `, ` ${token}`])
    expect(contact.open(text)).toBeUndefined();
});
