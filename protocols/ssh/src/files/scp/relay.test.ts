import { createHash } from 'node:crypto';
import { ProtocolError } from '@sallyport/core';
import { type Playbook, playbook } from '@sallyport/core/testing';
import fc from 'fast-check';
import { type FileTestGate, fileGate } from '../../../test/file-gate.ts';
import { byteChunks } from '../byte-chunks.ts';
import { fileCommandLine } from '../exec/file-command-line.ts';
import { createScpRelay, type ScpRelay } from './relay.ts';

const bytes = (value: string): Buffer => Buffer.from(value);
const OK = Buffer.of(0);
const SENTENCE = 'Denied by the rule "a test".';
const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');

interface Scene {
  readonly play: Playbook;
  readonly relay: ScpRelay;
  readonly gate: FileTestGate;
}

function scene(exec: string, rule?: Parameters<typeof fileGate>[0]): Scene {
  const gate = fileGate(rule);
  const command = fileCommandLine(bytes(exec), '/home/app');
  if (command?.program !== 'scp') throw new Error(exec);
  const relay = createScpRelay({ gate, command });
  return { gate, relay, play: playbook(relay, { client: byteChunks(), target: byteChunks() }) };
}

describe('an upload', () => {
  test('each file is judged by its line, and recorded with its hash', async () => {
    const { play, gate } = scene('scp -p -t /srv/');
    await play.target(OK);
    await play.client(bytes('T1 0 2 0\n'));
    await play.target(OK);
    await play.client(bytes('C0644 6 x.tar\n'));
    play.expect('target', bytes('T1 0 2 0\nC0644 6 x.tar\n'));
    await play.target(OK);
    await play.client(bytes('abc'), bytes('def'), OK);
    await play.target(OK);
    play.expect('target', bytes('abcdef'), OK);
    play.expect('client', OK, OK, OK, OK);
    expect(gate.commands).toMatchObject([
      { class: ['write'], verbs: ['UPLOAD'], text: 'upload /srv/x.tar', objects: { paths: ['/srv/x.tar'] } },
    ]);
    expect(gate.notes).toEqual([
      { type: 'file', command: 1, direction: 'upload', path: '/srv/x.tar', bytes: 6, size: 6, sha256: sha256('abcdef'), complete: true },
      { type: 'result', command: 1, state: 'completed', rows: 0, bytes: 6 },
    ]);
  });

  test('however its bytes are cut, and though the source waits for nothing, the record is the same', async () => {
    const stream = bytes('D0755 0 d\nT1 0 2 0\nC0644 3 a\nabc\0C0600 0 b\n\0E\nC0644 2 c\nxy\0');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 8 }), async (offsets) => {
        const { play, gate } = scene('scp -r -t /srv/');
        const at = [0, ...offsets.sort((a, b) => a - b), stream.length];
        const chunks = at.slice(1).map((end, index) => stream.subarray(at[index], end));
        await play.target(OK);
        const sent = play.client(...chunks);
        for (let reply = 0; reply < 9; reply++) await play.target(OK);
        await sent;
        await play.settled();
        play.expect('target', stream);
        expect(gate.of('file').map(({ path, bytes, sha256 }) => [path, bytes, sha256])).toEqual([
          ['/srv/d/a', 3, sha256('abc')],
          ['/srv/d/b', 0, sha256('')],
          ['/srv/c', 2, sha256('xy')],
        ]);
      }),
      { numRuns: 10 },
    );
  });

  test('where only the target knows whether its path is a directory, both files that may be meant are judged', async () => {
    const { play, gate } = scene('scp -t /etc/passwd');
    await play.target(OK);
    await play.client(bytes('C0644 1 x\n'));
    await play.target(OK);
    await play.client(bytes('a\0'));
    await play.target(OK);
    expect(gate.commands).toMatchObject([
      { text: 'upload /etc/passwd/x (or /etc/passwd)', objects: { paths: ['/etc/passwd/x', '/etc/passwd'] } },
    ]);
    expect(gate.of('file')).toMatchObject([{ path: '/etc/passwd/x', or: '/etc/passwd', complete: true }]);
  });

  test('a directory may be made under a path that ends with a slash; a file may not', async () => {
    const { play, gate } = scene('scp -r -t /etc/cron.d/');
    await play.target(OK);
    await play.client(bytes('D0755 0 d\n'));
    await play.target(OK);
    await play.client(bytes('C0644 0 job\n'));
    expect(gate.commands.map(({ objects }) => objects?.paths)).toEqual([
      ['/etc/cron.d/d', '/etc/cron.d'],
      ['/etc/cron.d/d/job', '/etc/cron.d/job'],
    ]);
  });

  test('a denied line is answered as the target would refuse it, and the next file passes', async () => {
    const { play, gate } = scene('scp -r -t /srv/', ({ text }) => (text.includes('secret') ? 'deny' : 'allow'));
    await play.target(OK);
    await play.client(bytes('D0755 0 secrets\n'));
    play.expect('client', OK, bytes(`\x01${SENTENCE}\n`));
    await play.client(bytes('C0644 1 a\n'));
    play.expect('target', bytes('C0644 1 a\n'));
    expect(gate.of('result')).toMatchObject([{ command: 1, state: 'failed', error: { code: 'DENIED', message: SENTENCE } }]);
  });

  test('a file that the target refuses has no content, one that either side spoils is not complete', async () => {
    const { play, gate } = scene('scp -t /srv/');
    await play.target(OK);
    await play.client(bytes('C0644 1 a\n'));
    await play.target(bytes('\x01scp: /srv/a: '), bytes('Permission denied\n'));
    await play.client(bytes('C0644 1 b\n'));
    await play.target(OK);
    await play.client(bytes('x'), bytes('\x01read error\n'));
    await play.target(OK);
    await play.client(bytes('C0644 1 c\n'));
    await play.target(OK);
    await play.client(bytes('x\0'));
    await play.target(bytes('\x01disk full\n'));
    expect(gate.of('file').map(({ path, complete }) => [path, complete])).toEqual([
      ['/srv/b', false],
      ['/srv/c', false],
    ]);
    expect(gate.of('result').map(({ error }) => error)).toEqual([
      { code: 'SCP', message: 'scp: /srv/a: Permission denied' },
      { code: 'SCP', message: 'read error' },
      { code: 'SCP', message: 'disk full' },
    ]);
  });

  test('a channel that ends within a file leaves it incomplete', async () => {
    const { play, relay, gate } = scene('scp -t /srv/');
    await play.target(OK);
    await play.client(bytes('C0644 9 a\n'));
    await play.target(OK);
    await play.client(bytes('abc'));
    relay.ended();
    expect(gate.notes).toMatchObject([
      { type: 'file', bytes: 3, size: 9, complete: false },
      { type: 'result', state: 'unknown' },
    ]);
  });

  test('while a file is held nothing reaches the target; a client that leaves takes it back', async () => {
    const { play, relay, gate } = scene('scp -t /srv/', () => 'hold');
    await play.target(OK);
    await play.client(bytes('C0644 1 a\n'));
    expect(relay.held()).toBe(true);
    play.expect('target');
    relay.clientGone();
    await play.settled();
    play.expect('target');
    expect(gate.of('result')).toMatchObject([{ state: 'failed', error: { code: 'CANCELLED' } }]);
  });
});

describe('a download', () => {
  test('a pattern is judged by each file that it finds', async () => {
    const { play, gate } = scene('scp -f /var/log/*', ({ text }) => (text.includes('auth') ? 'deny' : 'allow'));
    await play.client(OK);
    await play.target(bytes('C0600 3 auth\n'));
    // The source takes the denial for the client's answer, the client for the source's words.
    play.expect('target', OK, bytes(`\x01${SENTENCE}\n`));
    play.expect('client', bytes(`\x01${SENTENCE}\n`));
    await play.target(bytes('C0600 3 syslog\n'));
    await play.client(OK);
    await play.target(bytes('abc\0'));
    await play.client(OK);
    play.expect('client', bytes('C0600 3 syslog\nabc\0'));
    expect(gate.of('file')).toMatchObject([{ direction: 'download', path: '/var/log/syslog', sha256: sha256('abc'), complete: true }]);
  });

  test('what the path names is the path, whatever the target calls it; what lies in it has names', async () => {
    const { play, gate } = scene('scp -r -f /srv/current');
    await play.client(OK);
    await play.target(bytes('D0755 0 other\n'));
    await play.client(OK);
    await play.target(bytes('C0600 0 x\n'));
    expect(gate.commands).toMatchObject([{ text: 'download /srv/current/x' }]);
  });
});

describe('what scp does not say', () => {
  test.each([
    ['words', 'hello\n'],
    ['a name with a slash', 'C0644 1 ../x\n'],
    ['a name that climbs', 'C0644 1 ..\n'],
    ['a size below zero', 'C0644 -1 x\n'],
    ['a size beyond all', 'C0644 9999999999999999999 x\n'],
    ['an end of nothing', 'E\n'],
    ['a line without end', `C0644 1 ${'x'.repeat(20_000)}`],
  ])('%s from the source ends the channel', async (_, line) => {
    const { play, gate } = scene('scp -t /srv/');
    await play.target(OK);
    await expect(play.client(bytes(line))).rejects.toThrow(ProtocolError);
    expect(gate.commands).toEqual([]);
  });

  test('more content than announced ends it', async () => {
    const { play } = scene('scp -t /srv/');
    await play.target(OK);
    await play.client(bytes('C0644 1 a\n'));
    await play.target(OK);
    await expect(play.client(bytes('abc\n'))).rejects.toThrow(ProtocolError);
  });

  test.each([['hello'], ['\x01'.padEnd(20_000, 'x')], ['\0'.repeat(100)]])('answers that are none end it', async (answer) => {
    const { play } = scene('scp -t /srv/');
    await expect(play.target(bytes(answer))).rejects.toThrow(ProtocolError);
  });
});
