import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkGit, Quarantine } from '../src/index.ts';

let directory: string;
const path = process.env['PATH'];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-quarantine-'));
});

afterEach(() => {
  process.env['PATH'] = path;
  rmSync(directory, { recursive: true, force: true });
});

test('a machine without git is told to install it, and nothing is left behind', async () => {
  symlinkSync('/bin/sh', join(directory, 'sh'));
  process.env['PATH'] = directory;
  await expect(Quarantine.open({ directory, format: 'sha1' })).rejects.toMatchObject({
    code: 'ERR_CONFIG',
    message: expect.stringContaining('Install git there.'),
  });
  expect(readdirSync(directory)).toEqual(['sh']);
});

test('whether git is there is told, and whether it is new enough', async () => {
  expect(await checkGit()).toMatchObject({ check: 'git', level: 'ok', message: expect.stringMatching(/git \d+\.\d+/) });
  process.env['PATH'] = directory;
  expect(await checkGit()).toMatchObject({ level: 'warning', message: expect.stringContaining('none: every push is refused') });
  writeFileSync(join(directory, 'git'), '#!/bin/sh\necho git version 2.20.1\n', { mode: 0o755 });
  expect(await checkGit()).toMatchObject({ level: 'warning', message: expect.stringContaining('only 2.20.1') });
});

test('what a crash left behind is swept, and nothing else', async () => {
  mkdirSync(join(directory, 'push-abc', 'objects'), { recursive: true });
  writeFileSync(join(directory, 'other'), '');
  await Quarantine.sweep(directory);
  expect(readdirSync(directory)).toEqual(['other']);
});

test("nothing of the gateway's own git settings is read", async () => {
  process.env['GIT_TRACE'] = join(directory, 'trace');
  process.env['GIT_OBJECT_DIRECTORY'] = join(directory, 'elsewhere');
  try {
    const quarantine = await Quarantine.open({ directory, format: 'sha1' });
    expect((await quarantine.objects()).objects.size).toBe(0);
    await quarantine.close();
  } finally {
    delete process.env['GIT_TRACE'];
    delete process.env['GIT_OBJECT_DIRECTORY'];
  }
  expect(readdirSync(directory)).toEqual([]);
});

test('git that takes too long is ended', async () => {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  const quarantine = await Quarantine.open({ directory, format: 'sha1', limits: { seconds: 1 } });
  writeFileSync(join(bin, 'git'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  process.env['PATH'] = `${bin}:${path}`;
  async function* pack(): AsyncGenerator<Buffer> {
    yield Buffer.from('PACK\0\0\0\x02\0\0\0\0');
  }
  await expect(quarantine.receive(pack())).rejects.toThrow('git ran out of time or memory');
  await quarantine.close();
});

describe('a full disk is told of as what it is', () => {
  const full: unknown = expect.stringContaining("the disk of the gateway's data_dir is full. Free space there, then push again.");

  /** In git's place: it has no room for what this command writes. */
  function gitWithoutRoomFor(command: string): void {
    const script = `#!/bin/sh\ncase " $* " in *" ${command} "*) echo 'fatal: write error: No space left on device' >&2; exit 128 ;; esac\n`;
    writeFileSync(join(directory, 'git'), `${script}PATH='${path}' exec git "$@"\n`, { mode: 0o755 });
    process.env['PATH'] = `${directory}:${path}`;
  }

  test('where the pack itself finds no room', async () => {
    const quarantine = await Quarantine.open({ directory, format: 'sha1' });
    const anyFile = await open(join(directory, 'any'), 'w');
    const files = Object.getPrototypeOf(anyFile) as FileHandle;
    const { appendFile } = files;
    files.appendFile = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
    await expect(quarantine.receive(pack())).rejects.toMatchObject({ code: 'ERR_CONFIG', message: full });
    files.appendFile = appendFile;
    await anyFile.close();
    await quarantine.close();
  });

  test('where git finds none for what is in it', async () => {
    gitWithoutRoomFor('index-pack');
    const quarantine = await Quarantine.open({ directory, format: 'sha1' });
    await expect(quarantine.receive(pack())).rejects.toMatchObject({ code: 'ERR_CONFIG', message: full });
    await quarantine.close();
  });

  test('where there is not even room to begin, and nothing is left behind', async () => {
    gitWithoutRoomFor('init');
    await expect(Quarantine.open({ directory, format: 'sha1' })).rejects.toMatchObject({ code: 'ERR_CONFIG', message: full });
    expect(readdirSync(directory)).toEqual(['git']);
  });
});

/** The head of a pack without objects. */
async function* pack(): AsyncGenerator<Buffer> {
  yield Buffer.from('PACK\0\0\0\u0002\0\0\0\0', 'latin1');
}
