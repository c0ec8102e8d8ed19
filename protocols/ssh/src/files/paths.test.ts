import fc from 'fast-check';
import { parentOf, pathText, resolvePath } from './paths.ts';

describe('paths', () => {
  test.each([
    ['x', '/home/a/x'],
    ['', '/home/a'],
    ['.', '/home/a'],
    ['../../etc/x', '/etc/x'],
    ['/tmp/../etc//./x/', '/etc/x'],
    ['/../../etc/x', '/etc/x'],
    ['/', '/'],
    ['...', '/home/a/...'],
  ])('%j is %j', (path, resolved) => {
    expect(resolvePath(path, '/home/a')).toBe(resolved);
  });

  test('a resolved path stays what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('/', '.', 'a', '\\') }), (path) => {
        const resolved = resolvePath(path, '/home');
        expect(resolvePath(resolved, '/elsewhere')).toBe(resolved);
        expect(`${resolved}/`.startsWith(parentOf(resolved))).toBe(true);
      }),
    );
  });

  test.each([
    [Buffer.from('grüße.txt'), 'grüße.txt'],
    [Buffer.from([0x61, 0xff, 0x62]), 'a\\xffb'],
    [Buffer.from('a\\xff'), 'a\\\\xff'],
    [Buffer.from('a\nb\x1b[31m'), 'a\\x0ab\\x1b[31m'],
    [Buffer.from('\u202etxt.exe'), '\\xe2\\x80\\xaetxt.exe'],
    [Buffer.from([0xef, 0xbf, 0xbd]), '\ufffd'],
    [Buffer.from([0xc3]), '\\xc3'],
    [Buffer.from([0xc0, 0xaf]), '\\xc0\\xaf'],
  ])('%j is shown as %j', (bytes, shown) => {
    expect(pathText(bytes)).toBe(shown);
  });

  test('no two paths look the same', () => {
    const bytes = fc.uint8Array({ maxLength: 6 }).map((data) => Buffer.from(data));
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        expect(pathText(one) === pathText(other)).toBe(one.equals(other));
      }),
    );
  });
});
