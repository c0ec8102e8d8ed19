import fc from 'fast-check';
import { PlainLines } from './plain-lines.ts';

function lines(text: string): string {
  const plain = new PlainLines();
  return plain.push(Buffer.from(text)) + plain.end();
}

test.each([
  ['colours and titles go', '\x1b]0;t\x07\x1b[1mbold\x1b[0m é\r\n$ ', 'bold é\n$\n'],
  ['a line as it stood in the end', '$ lsx\b\x1b[K -l\r\n10%\r20%\r\n', '$ ls -l\n20%\n'],
  ['inserted and deleted', 'ac\b\x1b[@b\x1b[C\r\nabc\x1b[3D\x1b[P\r\n', 'abc\nbc\n'],
  ['another place is another line', 'one\x1b[5;1Htwo', 'one\ntwo\n'],
])('%s', (_, input, expected) => expect(lines(input)).toBe(expected));

test('nothing but characters, tabs and line feeds comes out', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const plain = new PlainLines();
      expect(plain.push(Buffer.from(bytes)) + plain.end()).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/u);
    }),
  );
});
