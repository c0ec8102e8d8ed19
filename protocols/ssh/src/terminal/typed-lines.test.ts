import { TypedLines } from './typed-lines.ts';

function setUp() {
  const lines: string[] = [];
  const typed = new TypedLines((line) => lines.push(line));
  return {
    lines,
    enter: () => typed.sent(Buffer.from('\r')),
    type: (text: string) => typed.sent(Buffer.from(text)),
    show: (text: string) => typed.shown(Buffer.from(text)),
  };
}

test('the line in which Enter was pressed is noted, as it stood then', () => {
  const { lines, enter, show } = setUp();
  show('$ ls -k\b\x1b[Kl');
  enter();
  show('\r\n\x1b[?2004l\rfile-a\r\nfile-b\r\n$ ');
  expect(lines).toEqual(['$ ls -l']);
});

test('what a program prints by itself is not typed', () => {
  const { lines, type, show } = setUp();
  type('x');
  show('one\r\ntwo\r\n');
  expect(lines).toEqual([]);
});

test('what has no echo is not in it', () => {
  const { lines, type, enter, show } = setUp();
  show('Password: ');
  type('secret');
  enter();
  show('\r\n');
  expect(lines).toEqual(['Password:']);
});

test('moves within the line are followed', () => {
  const { lines, enter, show } = setUp();
  show('$ wrong\x1b[5Dright\x1b[3G\x1b[1P\x1b[2Ctt\b ');
  show('\x1b[K');
  show('\x1b[3Gright\x1b[K');
  enter();
  show('\r\n');
  expect(lines).toEqual(['$ right']);
});

test('full-screen programs have no lines', () => {
  const { lines, enter, show } = setUp();
  show('\x1b[?1049h');
  show('in the editor');
  enter();
  show('\r\n\x1b[?1049l$ ');
  expect(lines).toEqual([]);
});
