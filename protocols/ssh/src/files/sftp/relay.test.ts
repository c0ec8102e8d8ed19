import { ProtocolError } from '@sallyport/core';
import { type Playbook, playbook } from '@sallyport/core/testing';
import { type FileTestGate, fileGate } from '../../../test/file-gate.ts';
import { sftpDecoder } from './decoder.ts';
import { MAX_HANDLES } from './handles.ts';
import { encodePacket, encodeStatus, OPEN_FLAG, STATUS, TYPE } from './messages.ts';
import { MAX_OUTSTANDING } from './outstanding.ts';
import { createSftpRelay, type SftpRelay } from './relay.ts';

const text = (value: string): Buffer => Buffer.from(value);
const uint64 = (value: number): readonly [number, number] => [Math.floor(value / 2 ** 32), value >>> 0];
const open = (id: number, path: string, flags: number): Buffer => encodePacket(TYPE.OPEN, id, text(path), flags, 0);
const handle = (id: number, name = 'h'): Buffer => encodePacket(TYPE.HANDLE, id, text(name));
const read = (id: number, offset: number, length: number, name = 'h'): Buffer =>
  encodePacket(TYPE.READ, id, text(name), ...uint64(offset), length);
const write = (id: number, offset: number, data: string, name = 'h'): Buffer =>
  encodePacket(TYPE.WRITE, id, text(name), ...uint64(offset), text(data));
const data = (id: number, content: string): Buffer => encodePacket(TYPE.DATA, id, text(content));
const close = (id: number, name = 'h'): Buffer => encodePacket(TYPE.CLOSE, id, text(name));
const ok = (id: number): Buffer => encodeStatus(id, STATUS.OK, 'Success');
const extended = (id: number, name: string, ...paths: readonly string[]): Buffer =>
  encodePacket(TYPE.EXTENDED, id, text(name), ...paths.map(text));
const NEW = OPEN_FLAG.WRITE | OPEN_FLAG.CREAT | OPEN_FLAG.TRUNC;

interface Scene {
  readonly play: Playbook;
  readonly relay: SftpRelay;
  readonly gate: FileTestGate;
  readonly notices: string[];
}

function unstarted(rule?: Parameters<typeof fileGate>[0]): Scene {
  const gate = fileGate(rule);
  const notices: string[] = [];
  const relay = createSftpRelay({ gate, notice: (line) => void notices.push(line) });
  return { gate, relay, notices, play: playbook(relay, { client: sftpDecoder('client'), target: sftpDecoder('target') }) };
}

/** Version 3 is agreed on, relative paths begin at /home/app. */
async function scene(rule?: Parameters<typeof fileGate>[0]): Promise<Scene> {
  const made = unstarted(rule);
  const { play } = made;
  await play.client(encodePacket(TYPE.INIT, 3));
  play.expect('target', encodePacket(TYPE.INIT, 3));
  await play.target(encodePacket(TYPE.VERSION, 3));
  play.expect('target', encodePacket(TYPE.REALPATH, 0, text('.')));
  await play.target(encodePacket(TYPE.NAME, 0, 1, text('/home/app'), text(''), 0));
  play.expect('client', encodePacket(TYPE.VERSION, 3));
  return made;
}

describe('the start of SFTP', () => {
  test('a client that asks before the answer waits for the start directory; a later version becomes 3', async () => {
    const { play, gate } = unstarted();
    await play.client(encodePacket(TYPE.INIT, 6), encodePacket(TYPE.OPENDIR, 0, text('x')));
    play.expect('target', encodePacket(TYPE.INIT, 3));
    await play.target(encodePacket(TYPE.VERSION, 3));
    play.take('target');
    await play.target(encodePacket(TYPE.NAME, 0, 1, text('/srv'), text(''), 0));
    await play.settled();
    play.expect('target', encodePacket(TYPE.OPENDIR, 0, text('x')));
    expect(gate.commands).toMatchObject([{ text: 'list /srv/x', class: ['read'], verbs: ['LIST'], objects: { paths: ['/srv/x'] } }]);
  });

  test.each([
    ['no INIT', encodePacket(TYPE.OPEN, 1)],
    ['version 2', encodePacket(TYPE.INIT, 2)],
  ])('%s ends the channel', async (_, bytes) => {
    await expect(unstarted().play.client(bytes)).rejects.toThrow(ProtocolError);
  });

  test.each([
    ['another version', encodePacket(TYPE.VERSION, 6), Buffer.alloc(0)],
    ['no start directory', encodePacket(TYPE.VERSION, 3), encodeStatus(0, STATUS.FAILURE, 'no')],
    ['a relative one', encodePacket(TYPE.VERSION, 3), encodePacket(TYPE.NAME, 0, 1, text('home'), text(''), 0)],
  ])('a target with %s ends it', async (_, version, directory) => {
    const { play } = unstarted();
    await play.client(encodePacket(TYPE.INIT, 3));
    await expect(play.target(version, directory)).rejects.toThrow(ProtocolError);
  });
});

describe('contents', () => {
  test('parallel reads that are answered out of order are one event with the hash of the whole', async () => {
    const { play, gate } = await scene();
    await play.client(open(1, 'x', OPEN_FLAG.READ));
    await play.target(handle(1));
    await play.client(read(2, 0, 3), read(3, 3, 3), read(4, 6, 3), close(5));
    await play.target(data(3, 'def'), encodeStatus(4, STATUS.EOF, ''), ok(5), data(2, 'abc'));
    play.expect('client', handle(1), data(3, 'def'), encodeStatus(4, STATUS.EOF, ''), ok(5), data(2, 'abc'));
    expect(gate.notes).toEqual([
      {
        type: 'file',
        command: 1,
        direction: 'download',
        path: '/home/app/x',
        bytes: 6,
        size: 6,
        sha256: 'bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721',
        complete: true,
      },
      { type: 'result', command: 1, state: 'completed', rows: 0, bytes: 6 },
    ]);
  });

  test('a download that was broken off is not complete', async () => {
    const { play, gate } = await scene();
    await play.client(open(1, 'x', OPEN_FLAG.READ));
    await play.target(handle(1));
    await play.client(read(2, 0, 3), close(3));
    await play.target(data(2, 'abc'), ok(3));
    expect(gate.of('file')).toMatchObject([{ bytes: 3, size: null, complete: false }]);
  });

  test('the size that the target tells decides whether all has come', async () => {
    const { play, gate } = await scene();
    await play.client(open(1, 'x', OPEN_FLAG.READ));
    await play.target(handle(1));
    await play.client(encodePacket(TYPE.FSTAT, 2, text('h')), read(3, 0, 3), close(4));
    await play.target(encodePacket(TYPE.ATTRS, 2, 1, ...uint64(3)), data(3, 'abc'), ok(4));
    expect(gate.of('file')).toMatchObject([{ bytes: 3, size: 3, complete: true }]);
  });

  test('a write that the target refused makes the upload incomplete and its command fail', async () => {
    const { play, gate } = await scene();
    await play.client(open(1, '/srv/x', NEW));
    await play.target(handle(1));
    await play.client(write(2, 0, 'abc'), write(3, 3, 'def'), close(4));
    await play.target(ok(2), encodeStatus(3, STATUS.FAILURE, 'disk full'), ok(4));
    expect(gate.notes).toMatchObject([
      { direction: 'upload', bytes: 6, complete: false },
      { state: 'failed', error: { code: 'SSH_FX_FAILURE', message: 'disk full' } },
    ]);
  });

  test('a handle for both directions is two classes, and its two contents two events', async () => {
    const { play, gate } = await scene();
    await play.client(open(1, 'x', OPEN_FLAG.READ | OPEN_FLAG.WRITE));
    await play.target(handle(1));
    await play.client(write(2, 0, 'new'), read(3, 0, 3), close(4));
    await play.target(ok(2), data(3, 'new'), ok(4));
    expect(gate.commands).toMatchObject([
      { class: ['read', 'write'], verbs: ['DOWNLOAD', 'UPLOAD'], text: 'download and upload /home/app/x' },
    ]);
    expect(gate.of('file').map(({ direction }) => direction)).toEqual(['upload', 'download']);
  });

  test('what is appended counts in the order of its coming', async () => {
    const { play, gate } = await scene();
    await play.client(open(1, 'log', OPEN_FLAG.WRITE | OPEN_FLAG.APPEND));
    await play.target(handle(1));
    await play.client(write(2, 0, 'abc'), write(3, 0, 'def'), close(4));
    await play.target(ok(2), ok(3), ok(4));
    expect(gate.of('file')).toMatchObject([
      { bytes: 6, sha256: 'bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721', size: null },
    ]);
  });

  test('what is open when the channel ends is noted as it stands', async () => {
    const { play, relay, gate } = await scene();
    await play.client(open(1, 'a', NEW), open(2, 'b', OPEN_FLAG.READ), extended(3, 'posix-rename@openssh.com', 'c', 'd'));
    await play.target(handle(1));
    await play.client(write(4, 0, 'abc'));
    expect(relay.busy()).toBe(true);
    relay.ended();
    expect(gate.of('file')).toMatchObject([{ path: '/home/app/a', bytes: 3, complete: false }]);
    expect(gate.of('result').map(({ command, state }) => [command, state])).toEqual([
      [2, 'unknown'],
      [3, 'unknown'],
      [1, 'unknown'],
    ]);
    expect(gate.of('sftp')).toEqual([{ type: 'sftp', requests: 4, lookups: 0, refused: 0 }]);
  });

  test('a size that is set to the end of what was written changes nothing, and is no command of its own', async () => {
    const { play, gate } = await scene();
    await play.client(open(1, 'c', OPEN_FLAG.WRITE | OPEN_FLAG.CREAT));
    await play.target(handle(1));
    await play.client(write(2, 0, 'abcdef'), encodePacket(TYPE.FSETSTAT, 3, text('h'), 1, ...uint64(6)), close(4));
    await play.target(ok(2), ok(3), ok(4));
    expect(gate.commands).toHaveLength(1);
    const sha256 = 'bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721';
    expect(gate.of('file')).toMatchObject([{ size: 6, sha256, complete: true }]);
  });

  test('a copy on the target, or a size that is set, leaves no hash', async () => {
    const { play, gate } = await scene();
    await play.client(open(1, 'a', OPEN_FLAG.READ), open(2, 'b', NEW));
    await play.target(handle(1, 'ha'), handle(2, 'hb'));
    const copy = encodePacket(TYPE.EXTENDED, 3, text('copy-data'), text('ha'), 0, 0, 0, 0, text('hb'), 0, 0);
    await play.client(copy, close(4, 'hb'));
    await play.target(ok(3), ok(4));
    expect(gate.commands[2]).toMatchObject({ verbs: ['UPLOAD'], class: ['write'], objects: { paths: ['/home/app/a', '/home/app/b'] } });
    expect(gate.of('file')).toMatchObject([{ sha256: null, why: 'a part was copied on the target' }]);

    await play.client(open(5, 'c', NEW));
    await play.target(handle(5, 'hc'));
    await play.client(write(6, 0, 'abc', 'hc'), encodePacket(TYPE.FSETSTAT, 7, text('hc'), 1, ...uint64(1)), close(8, 'hc'));
    await play.target(ok(6), ok(7), ok(8));
    expect(gate.of('file')[1]).toMatchObject({ sha256: null, why: 'its size was set while it was open' });
  });
});

describe('rulings', () => {
  test('a denied request is answered here and never reaches the target; others in flight are not disturbed', async () => {
    const { play, gate, notices } = await scene(({ objects }) => (objects?.paths?.includes('/etc/x') ? 'deny' : 'allow'));
    await play.client(open(1, 'a', OPEN_FLAG.READ), open(2, '/tmp/../etc/x', NEW), extended(3, 'hardlink@openssh.com', 'a', '/etc/x'));
    play.expect('target', open(1, 'a', OPEN_FLAG.READ));
    const sentence = 'Denied by the rule "a test".';
    play.expect('client', encodeStatus(2, STATUS.PERMISSION_DENIED, sentence), encodeStatus(3, STATUS.PERMISSION_DENIED, sentence));
    expect(notices).toEqual([sentence, sentence]);
    await play.target(handle(1));
    play.expect('client', handle(1));
    expect(gate.of('result')).toMatchObject([
      { command: 2, state: 'failed', error: { code: 'DENIED', message: sentence } },
      { command: 3, state: 'failed' },
    ]);
  });

  test('while a request is held the answers to others pass, and what follows waits', async () => {
    const { play, relay, gate, notices } = await scene(({ verbs }) => (verbs.includes('REMOVE') ? 'hold' : 'allow'));
    const mkdir = encodePacket(TYPE.MKDIR, 3, text('d'), 0);
    const remove = encodePacket(TYPE.REMOVE, 2, text('x'));
    await play.client(open(1, 'a', OPEN_FLAG.READ), remove, mkdir);
    play.expect('target', open(1, 'a', OPEN_FLAG.READ));
    expect(relay.held()).toBe(true);
    expect(notices).toEqual(['Approval ap_1 asked of leads.']);
    await play.target(handle(1));
    play.expect('client', handle(1));
    gate.holds[0]?.approve();
    await play.settled();
    play.expect('target', remove, mkdir);
    expect(relay.held()).toBe(false);
  });

  test('a client that leaves while it is held: nothing runs, even if it is approved in the same moment', async () => {
    const { play, relay, gate } = await scene(() => 'hold');
    await play.client(encodePacket(TYPE.REMOVE, 2, text('x')));
    gate.holds[0]?.approve();
    relay.clientGone();
    await play.settled();
    play.done();
    expect(gate.holds[0]?.cancelled).toHaveLength(1);
    expect(gate.of('result')).toMatchObject([{ state: 'failed', error: { code: 'CANCELLED' } }]);
  });

  test.each([
    ['create without write', OPEN_FLAG.CREAT, ['DOWNLOAD', 'UPLOAD']],
    ['cut off without write', OPEN_FLAG.READ | OPEN_FLAG.TRUNC, ['DOWNLOAD', 'UPLOAD']],
    ['no flags', 0, ['DOWNLOAD']],
    ['append', OPEN_FLAG.WRITE | OPEN_FLAG.APPEND, ['UPLOAD']],
  ])('opening to %s is what the server does with it', async (_, flags, verbs) => {
    const { play, gate } = await scene();
    await play.client(open(1, 'x', flags));
    expect(gate.commands[0]?.verbs).toEqual(verbs);
  });

  test('a link is judged by every path that may be meant', async () => {
    const { play, gate } = await scene();
    await play.client(encodePacket(TYPE.SYMLINK, 1, text('../etc/x'), text('/srv/link')));
    expect(gate.commands[0]).toMatchObject({
      text: 'link /srv/link to ../etc/x',
      objects: { paths: ['/srv/link', '/etc/x', '/home/etc/x'] },
    });
  });

  test('a grant for a shape covers the same in the same directory; the digest binds the request, not its id', async () => {
    const { play, gate } = await scene();
    await play.client(encodePacket(TYPE.REMOVE, 1, text('/srv/a')), encodePacket(TYPE.REMOVE, 2, text('/srv/b')));
    await play.client(encodePacket(TYPE.REMOVE, 3, text('/srv/a')));
    const [a, b, again] = gate.commands;
    expect([a?.shape, b?.shape]).toEqual(['remove /srv/*', 'remove /srv/*']);
    expect(a?.digest).toBe(again?.digest);
    expect(a?.digest).not.toBe(b?.digest);
  });
});

describe('what no client does', () => {
  test.each([
    ['reads by a handle that was never given', read(2, 0, 1)],
    ['writes by one', write(2, 0, 'x')],
    ['closes one', close(2)],
    ['lists by one', encodePacket(TYPE.READDIR, 2, text('h'))],
    ['sets attributes by one', encodePacket(TYPE.FSETSTAT, 2, text('h'), 0)],
  ])('%s: answered here', async (_, request) => {
    const { play, gate } = await scene();
    await play.client(request);
    play.expect('client', encodeStatus(2, STATUS.FAILURE, 'No file is open by this handle.'));
    play.done();
    expect(gate.commands).toEqual([]);
  });

  test('a handle serves only what it was opened for, and not after its CLOSE', async () => {
    const { play } = await scene();
    await play.client(open(1, 'x', NEW));
    await play.target(handle(1));
    await play.client(read(2, 0, 10), close(3), write(4, 0, 'x'));
    play.expect('target', open(1, 'x', NEW), close(3));
    play.expect(
      'client',
      handle(1),
      encodeStatus(2, STATUS.PERMISSION_DENIED, '/home/app/x is not open for that.'),
      encodeStatus(4, STATUS.FAILURE, 'No file is open by this handle.'),
    );
  });

  test('an unknown extension or request is refused', async () => {
    const { play } = await scene();
    await play.client(extended(1, 'md5-hash', '/etc/x'), encodePacket(77, 2));
    play.expect(
      'client',
      encodeStatus(1, STATUS.OP_UNSUPPORTED, 'The gateway does not know this extension of SFTP.'),
      encodeStatus(2, STATUS.OP_UNSUPPORTED, 'The gateway knows no SFTP request of type 77.'),
    );
    play.done();
  });

  test.each([
    ['the id of a request that is not answered yet', [open(1, 'a', NEW), open(1, 'b', NEW)]],
    ['a path with a zero byte', [open(1, '/etc/passwd\0', OPEN_FLAG.READ)]],
    ['a packet that is cut short', [encodePacket(TYPE.OPEN, 1, 4_000)]],
  ])('%s ends the channel', async (_, requests) => {
    const { play } = await scene();
    await expect(play.client(...requests)).rejects.toThrow(ProtocolError);
  });

  test.each([
    ['answers what nobody asked', ok(9)],
    ['opens with a packet that is no handle', data(1, 'x')],
  ])('a target that %s ends it', async (_, answer) => {
    const { play } = await scene();
    await play.client(open(1, 'a', NEW));
    await expect(play.target(answer)).rejects.toThrow(ProtocolError);
  });

  test('a target that gives a handle twice ends it', async () => {
    const { play } = await scene();
    await play.client(open(1, 'a', NEW), open(2, 'b', NEW));
    await expect(play.target(handle(1), handle(2))).rejects.toThrow(ProtocolError);
  });

  test('files beyond the cap are refused, requests beyond theirs wait', async () => {
    const { play, gate } = await scene();
    for (let id = 0; id <= MAX_HANDLES; id++) await play.client(open(id, `f${id}`, NEW));
    expect(play.take('client').toString()).toContain(`More than ${MAX_HANDLES} files are open`);
    expect(gate.of('result')).toMatchObject([{ command: MAX_HANDLES + 1, state: 'failed' }]);
    play.take('target');

    const stats = Array.from({ length: MAX_OUTSTANDING }, (_, index) => encodePacket(TYPE.STAT, 10_000 + index, text('x')));
    await play.client(Buffer.concat(stats));
    const passed = MAX_OUTSTANDING - MAX_HANDLES;
    play.expect('target', ...stats.slice(0, passed));
    await play.target(ok(10_000), ok(10_001));
    await play.client();
    play.expect('target', ...stats.slice(passed, passed + 2));
  });
});
