import { Duplex } from 'node:stream';
import { encodePacket, encodeStatus, TYPE } from './messages.ts';
import { askStartDirectory } from './start-directory.ts';

/** A target that answers each write with what comes next. */
function target(...answers: readonly Buffer[]): Duplex {
  const left = [...answers];
  const channel = new Duplex({
    read: () => undefined,
    write(_chunk, _encoding, done) {
      channel.push(left.shift() ?? null);
      done();
    },
  });
  return channel;
}

const version = encodePacket(TYPE.VERSION, 3);
const name = (path: string): Buffer => encodePacket(TYPE.NAME, 0, 1, Buffer.from(path), Buffer.alloc(0), 0);

test.each([
  ['says so', [version, name('/home/app')], '/home/app'],
  ['has an odd one', [version, name('/home/a\nb')], '/home/a\\x0ab'],
  ['names a relative one', [version, name('home')], undefined],
  ['refuses', [version, encodeStatus(0, 4, 'no')], undefined],
  ['does not speak SFTP', [Buffer.from('Welcome to the machine!')], undefined],
  ['hangs up', [version], undefined],
])('a target that %s', async (_, answers, directory) => {
  const channel = target(...answers);
  expect(await askStartDirectory(channel, new AbortController().signal)).toBe(directory);
  expect(channel.destroyed).toBe(true);
});

test('nobody waits for one that says nothing', async () => {
  const control = new AbortController();
  const asked = askStartDirectory(target(Buffer.alloc(0)), control.signal);
  control.abort();
  expect(await asked).toBeUndefined();
});
