import xterm from '@xterm/headless';
import { Screen, screenSize } from './screen.ts';

test('a screen is what all output together left on it', async () => {
  const screen = new Screen();
  screen.resize(20, 3);
  screen.write(Buffer.from('one\r\ntwo\r\nthree\r\nfo'));
  screen.write(Buffer.from('ur\x1b[1;1H\x1b[31mTWO'));
  const drawn = await screen.draw();
  expect(drawn.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '')).toBe('TWO\r\nthree\r\nfour');
  expect(drawn).toContain('\x1b[31mTWO');
});

test('the size is the last one', async () => {
  const screen = new Screen();
  screen.resize(20, 3);
  screen.write(Buffer.from('0123456789'));
  screen.resize(5, 2);
  expect(screen.size).toEqual({ columns: 5, rows: 2 });
  expect(await screen.draw()).toContain('01234');
});

test('what was long ago is forgotten', async () => {
  const screen = new Screen();
  screen.resize(10, 2);
  screen.write(Buffer.from('\x1b[7m'));
  for (let chunk = 0; chunk < 20; chunk += 1) screen.write(Buffer.alloc(1 << 20, 'x'));
  screen.write(Buffer.from('\r\nlast'));
  const drawn = await screen.draw();
  expect(drawn).toContain('last');
  expect(drawn).not.toContain('\x1b[7m');
});

test('output in many pieces is drawn in few writes, each of which takes a turn of the loop', async () => {
  const { prototype } = xterm.Terminal;
  const { write } = prototype;
  let writes = 0;
  prototype.write = function (...args) {
    writes += 1;
    write.apply(this, args);
  };
  const screen = new Screen();
  screen.resize(20, 3);
  for (let piece = 0; piece < 1_000; piece += 1) screen.write(Buffer.from(`${piece}\r\n`));
  screen.resize(30, 3);
  screen.write(Buffer.from('la'));
  screen.write(Buffer.from('st'));
  const drawn = await screen.draw().finally(() => {
    prototype.write = write;
  });
  expect(drawn.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '')).toBe('998\r\n999\r\nlast');
  expect(writes).toBe(2);
});

test('sizes of nothing become usual ones', () => {
  expect(screenSize(0, 0)).toEqual({ columns: 80, rows: 24 });
  expect(screenSize(4_000_000_000, 2)).toEqual({ columns: 1_000, rows: 2 });
});
