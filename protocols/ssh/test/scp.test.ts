import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byteChunks } from '../src/files/byte-chunks.ts';
import { fileCommandLine } from '../src/files/exec/file-command-line.ts';
import { createRsyncRelay } from '../src/files/rsync/relay.ts';
import { createScpRelay } from '../src/files/scp/relay.ts';
import { fileGate } from './file-gate.ts';
import { type FileGateway, fileGateway, STAND_IN } from './file-gateway.ts';

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

let gateway: FileGateway;
let gate: ReturnType<typeof fileGate>;

async function open(rule?: Parameters<typeof fileGate>[0]): Promise<void> {
  gate = fileGate(rule);
  gateway = await fileGateway(gate, (exec = '') => {
    const line = fileCommandLine(Buffer.from(exec), gateway.directory);
    if (line === undefined) throw new Error(`not understood: ${exec}`);
    const decoders = { client: byteChunks(), target: byteChunks() };
    if (line.program === 'scp') return { decoders, relay: createScpRelay({ gate, command: line }) };
    return { decoders, relay: createRsyncRelay({ gate, line, command: 1 }) };
  });
}

const at = (name: string): string => join(gateway.directory, name);
const paths = (names: readonly string[]): string[] => names.map(at);

afterEach(() => gateway.close());

describe('OpenSSH scp -O through the gateway', () => {
  const scp = (...args: readonly string[]) => gateway.run('scp', ['-O', '-S', STAND_IN, ...args]);

  test('100 MB up and down arrive whole, and the events have their hash', async () => {
    await open();
    const content = randomBytes(100_000_000);
    await writeFile(at('big'), content);
    await mkdir(at('dir'));
    expect(await scp('big', 'target:up')).toMatchObject({ code: 0 });
    expect(await scp('big', 'target:dir/')).toMatchObject({ code: 0 });
    expect(await scp('target:up', 'down')).toMatchObject({ code: 0 });
    for (const name of ['up', 'dir/big', 'down']) expect(sha256(await readFile(at(name)))).toBe(sha256(content));
    const facts = { bytes: 100_000_000, size: 100_000_000, sha256: sha256(content), complete: true };
    expect(gate.of('file')).toMatchObject([
      { direction: 'upload', path: at('up/big'), or: at('up'), ...facts },
      { direction: 'upload', path: at('dir/big'), ...facts },
      { direction: 'download', path: at('up'), ...facts },
    ]);
    expect(gate.of('result').every(({ state, bytes }) => state === 'completed' && bytes === 100_000_000)).toBe(true);
  });

  test('a tree of 1,000 files with their times, both ways', async () => {
    await open();
    await mkdir(at('tree/sub'), { recursive: true });
    const names = Array.from({ length: 1_000 }, (_, index) => (index % 2 ? `f${index}` : `sub/f${index}`));
    await Promise.all(names.map((name) => writeFile(at(`tree/${name}`), `content of ${name}`)));
    await writeFile(at('tree/empty'), '');
    await mkdir(at('up'));
    expect(await scp('-r', '-p', 'tree', 'target:up/')).toMatchObject({ code: 0, stderr: '' });
    expect(await scp('-r', '-p', 'target:up/tree', 'down')).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(at('down/sub/f8'), 'utf8')).toBe('content of sub/f8');
    expect((await stat(at('down/f7'))).mtimeMs).toBe(Math.floor((await stat(at('tree/f7'))).mtimeMs / 1_000) * 1_000);
    const files = gate.of('file');
    expect(files).toHaveLength(2_002);
    expect(files.every(({ complete }) => complete)).toBe(true);
    expect(new Set(files.map(({ path }) => path))).toEqual(new Set(paths(['up/tree/empty', ...names.map((name) => `up/tree/${name}`)])));
    expect(gate.commands.filter(({ verbs }) => verbs[0] === 'MKDIR').map(({ text }) => text)).toEqual([
      `mkdir ${at('up/tree')} (or ${at('up')})`,
      `mkdir ${at('up/tree/sub')} (or ${at('up/sub')})`,
    ]);
  });

  test('denied files are left out with the sentence of their rule, the others pass', async () => {
    await open(({ objects }) => (objects?.paths?.some((path) => path.includes('secret')) ? 'deny' : 'allow'));
    await mkdir(at('tree/secrets'), { recursive: true });
    for (const name of ['tree/a', 'tree/secret', 'tree/secrets/x', 'tree/z']) await writeFile(at(name), name);
    await mkdir(at('up'));
    const up = await scp('-r', 'tree', 'target:up/');
    expect(up.code).toBe(1);
    expect(up.stderr.match(/Denied by the rule "a test"\./g)).toHaveLength(2);
    expect((await readdir(at('up/tree'))).sort()).toEqual(['a', 'z']);

    const down = await scp('-r', 'target:tree', 'down');
    expect(down.code).toBe(1);
    expect(down.stderr.match(/Denied by the rule "a test"\./g)).toHaveLength(2);
    expect((await readdir(at('down'))).sort()).toEqual(['a', 'secrets', 'z']);
    expect(await readdir(at('down/secrets'))).toEqual([]);
  });

  test('a pattern is judged by what it finds, a missing file is told', async () => {
    await open(({ text }) => (text.endsWith('/b.log') ? 'deny' : 'allow'));
    for (const name of ['a.log', 'b.log', 'c.txt']) await writeFile(at(name), name);
    await mkdir(at('down'));
    expect(await scp('target:*.log', 'target:none', 'down')).toMatchObject({ code: 1 });
    expect(await readdir(at('down'))).toEqual(['a.log']);
    expect(gate.commands.map(({ objects }) => objects?.paths)).toEqual([[at('a.log')], [at('b.log')]]);
  });

  test('a held file waits for its approval and then passes', async () => {
    await open(() => 'hold');
    await writeFile(at('a'), 'approved');
    const running = scp('a', 'target:b');
    while (gate.holds.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await readdir(gateway.directory)).not.toContain('b');
    gate.holds[0]?.approve();
    expect(await running).toMatchObject({ code: 0 });
    expect(await readFile(at('b'), 'utf8')).toBe('approved');
  });
});

describe('rsync through the gateway', () => {
  const rsync = (...args: readonly string[]) => gateway.run('rsync', ['-e', STAND_IN, ...args]);

  test.each([
    ['-a'],
    ['-az', '--delete'],
    ['-avP', '--inplace', '--bwlimit=100000', '--exclude=none'],
    ['-rtvc', '--partial-dir=.part', '--delete-after', '--stats'],
  ])('a tree up and down with %s %s', async (...options) => {
    await open();
    await mkdir(at('tree/sub'), { recursive: true });
    const content = randomBytes(300_000);
    await writeFile(at('tree/sub/a b'), content);
    await mkdir(at('up dir'));
    await writeFile(at('up dir/extra'), '');
    const flags = options.filter((option) => option !== undefined);
    expect(await rsync(...flags, 'tree/', 'target:up dir/')).toMatchObject({ code: 0 });
    expect(await rsync(...flags, 'target:up dir/', 'down')).toMatchObject({ code: 0 });
    expect(sha256(await readFile(at('down/sub/a b')))).toBe(sha256(content));
    const deletes = flags.some((flag) => flag.startsWith('--delete'));
    expect((await readdir(at('up dir'))).includes('extra')).toBe(!deletes);
    const [up, down] = gate.of('rsync');
    expect(up).toMatchObject({ direction: 'upload', paths: expect.arrayContaining([at('up dir')]), removes: deletes });
    expect(down).toMatchObject({ direction: 'download', paths: [at('up dir')], removes: false });
    for (const event of [up, down])
      expect(event?.sent).toMatchObject({ bytes: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});
