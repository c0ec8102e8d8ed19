import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from './site.ts';
import { type SshSite, startSshSite } from './ssh-site.ts';

const RULES = `rules:
  - { name: files, match: { verb: [SFTP] }, action: allow }
  - { name: keep out, match: { paths: ["*/secret/*"] }, action: deny, message: ask the owner of the files }`;

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

let site: SshSite;
let folder: string;
beforeAll(async () => {
  site = await startSshSite({ rules: RULES });
});
afterAll(() => site?.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const host = 'alice@127.0.0.1';
const scp = (...args: readonly string[]): Promise<Outcome> => site.program('scp', ['-P', String(site.port), ...site.options, ...args]);
const sftp = (...lines: readonly string[]): Promise<Outcome> =>
  site.program('sftp', ['-P', String(site.port), ...site.options, '-b', '-', host], `${lines.join('\n')}\n`);
const rsync = (...args: readonly string[]): Promise<Outcome> =>
  site.program('rsync', ['-e', `ssh -p ${site.port} ${site.options.join(' ')}`, ...args]);
const events = async (type: string): Promise<Readonly<Record<string, unknown>>[]> =>
  (await site.lastSession()).events.filter((event) => event.type === type);

test.each([[['-O']], [[]]])('scp %j: a file up and down, its hash in the record', async (flags) => {
  const content = randomBytes(3_000_000);
  await writeFile(at('a'), content);
  expect(await scp(...flags, at('a'), `${host}:${folder}/up`)).toMatchObject({ code: 0, stderr: '' });
  expect(await events('file')).toMatchObject([{ direction: 'upload', bytes: 3_000_000, sha256: sha256(content), complete: true }]);
  expect(await scp(...flags, `${host}:${folder}/up`, at('down'))).toMatchObject({ code: 0, stderr: '' });
  expect(await events('file')).toMatchObject([
    { direction: 'download', path: at('up'), size: 3_000_000, sha256: sha256(content), complete: true },
  ]);
  expect(sha256(await readFile(at('down')))).toBe(sha256(content));
});

test.each([[['-O']], [[]]])('scp %j: a denied file stays where it is, and scp says why', async (flags) => {
  await mkdir(at('secret'));
  await writeFile(at('secret/x'), 'x');
  const outcome = await scp(...flags, `${host}:${folder}/secret/x`, at('got'));
  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toContain('ask the owner of the files');
  expect(await readdir(folder)).toEqual(['secret']);
});

test('scp -O: an exit status that tells of a failure comes through', async () => {
  const outcome = await scp('-O', `${host}:${folder}/none`, at('got'));
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain('No such file or directory');
  expect(await events('command')).toMatchObject([{ verb: 'DOWNLOAD', class: ['read'], state: 'completed', exit: 1 }]);
});

test('scp -O: a relative path counts from where the target says that commands start', async () => {
  await scp('-O', `${host}:none-${Date.now()}`, at('got'));
  const [command] = await events('command');
  expect(command).toMatchObject({ class: ['read'] });
  expect(String((command as { objects: { paths: string[] } }).objects.paths[0])).toMatch(new RegExp(`^${homedir()}/none-`));
});

test('sftp: 1,000 small files, and a denial', async () => {
  await mkdir(at('many'));
  const names = Array.from({ length: 1_000 }, (_, index) => `f${index}`);
  await Promise.all(names.map((name) => writeFile(at(`many/${name}`), `content of ${name}`)));
  expect(await sftp(`put -r ${at('many')} ${at('up')}`)).toMatchObject({ code: 0 });
  expect(await readdir(at('up'))).toHaveLength(1_000);
  const files = await events('file');
  expect(files).toHaveLength(1_000);
  expect(files.every(({ complete }) => complete)).toBe(true);

  await mkdir(at('secret'));
  const denied = await sftp(`put ${at('many/f1')} ${at('secret/x')}`);
  expect(denied.code).toBe(1);
  expect(denied.stderr).toContain('ask the owner of the files');
  expect(await readdir(at('secret'))).toEqual([]);
});

test('rsync -a of a tree up and down, and what removes', async () => {
  await mkdir(at('tree/sub'), { recursive: true });
  const content = randomBytes(500_000);
  await writeFile(at('tree/sub/a b'), content);
  expect(await rsync('-a', `${at('tree')}/`, `${host}:${at('up')}`)).toMatchObject({ code: 0, stderr: '' });
  expect(await rsync('-a', `${host}:${at('up')}/`, at('down'))).toMatchObject({ code: 0, stderr: '' });
  expect(sha256(await readFile(at('down/sub/a b')))).toBe(sha256(content));
  await rm(at('tree/sub'), { recursive: true });
  expect(await rsync('-a', '--delete', `${at('tree')}/`, `${host}:${at('up')}`)).toMatchObject({ code: 0, stderr: '' });
  expect(await readdir(at('up'))).toEqual([]);
  expect(await events('command')).toMatchObject([{ class: ['write'], objects: { paths: [at('up')] }, state: 'completed', exit: 0 }]);
  expect(await events('rsync')).toMatchObject([{ direction: 'upload', paths: [at('up')], removes: true }]);

  await mkdir(at('secret/x'), { recursive: true });
  const denied = await rsync('-a', `${at('tree')}/`, `${host}:${at('secret/x')}`);
  expect(denied.code).not.toBe(0);
  expect(denied.stderr).toContain('ask the owner of the files');
});

test('in a terminal scp is an ordinary command line: no file of it would be judged', async () => {
  await mkdir(at('secret'));
  await writeFile(at('secret/x'), 'x');
  await site.ssh(['-tt', host, `scp -d -t ${folder}/none`]);
  expect(await events('command')).toMatchObject([{ verb: 'EXEC', class: ['write'] }]);
  await site.ssh([host, `scp -f ${folder}/secret/*`], '\0\0\0');
  expect((await events('command')).map(({ verb, ruling }) => [verb, ruling])).toEqual([
    ['DOWNLOAD', 'allow'],
    ['DOWNLOAD', 'deny'],
  ]);
});
