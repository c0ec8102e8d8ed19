import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sftpDecoder } from '../src/files/sftp/decoder.ts';
import { createSftpRelay } from '../src/files/sftp/relay.ts';
import { fileGate } from './file-gate.ts';
import { type FileGateway, fileGateway, type Outcome, STAND_IN } from './file-gateway.ts';

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

describe('OpenSSH sftp through the gateway', () => {
  let gateway: FileGateway;
  let gate: ReturnType<typeof fileGate>;
  const notices: string[] = [];

  const open = async (rule?: Parameters<typeof fileGate>[0]): Promise<void> => {
    gate = fileGate(rule);
    gateway = await fileGateway(gate, () => ({
      decoders: { client: sftpDecoder('client'), target: sftpDecoder('target') },
      relay: createSftpRelay({ gate, notice: (line) => void notices.push(line) }),
    }));
  };
  const batch = (lines: readonly string[], options: readonly string[] = []): Promise<Outcome> =>
    gateway.run('sftp', ['-S', STAND_IN, ...options, '-b', '-', 'target'], `${lines.join('\n')}\n`);
  const at = (name: string): string => join(gateway.directory, name);

  afterEach(async () => {
    notices.length = 0;
    await gateway.close();
  });

  test('1,000 small files up and down: one command and one file event each', async () => {
    await open();
    await mkdir(at('many'));
    const names = Array.from({ length: 1_000 }, (_, index) => `f${index}`);
    await Promise.all(names.map((name) => writeFile(at(`many/${name}`), `content of ${name}`)));
    expect(await batch(['put -r many up', 'get -r up down'])).toMatchObject({ code: 0 });

    expect((await readdir(at('down'))).sort()).toEqual(names.sort());
    const uploads = gate.of('file').filter(({ direction }) => direction === 'upload');
    const downloads = gate.of('file').filter(({ direction }) => direction === 'download');
    expect([uploads.length, downloads.length]).toEqual([1_000, 1_000]);
    expect(uploads.find(({ path }) => path === at('up/f7'))).toMatchObject({
      bytes: 13,
      size: 13,
      sha256: sha256(Buffer.from('content of f7')),
      complete: true,
    });
    expect(downloads.every(({ complete, size, bytes }) => complete && size === bytes)).toBe(true);
    expect(gate.commands.filter(({ verbs }) => verbs[0] === 'UPLOAD' || verbs[0] === 'DOWNLOAD')).toHaveLength(2_000);
    expect(gate.of('result')).toHaveLength(gate.commands.length);
    expect(gate.of('result').every(({ state }) => state === 'completed')).toBe(true);
  });

  test('100 MB up and down arrive whole, and the events have their hash', async () => {
    await open();
    const content = randomBytes(100_000_000);
    await writeFile(at('big'), content);
    expect(await batch(['put big up', 'get up down'])).toMatchObject({ code: 0 });
    expect(sha256(await readFile(at('down')))).toBe(sha256(content));
    const facts = { path: at('up'), bytes: 100_000_000, size: 100_000_000, sha256: sha256(content), complete: true };
    expect(gate.of('file')).toMatchObject([
      { direction: 'upload', ...facts },
      { direction: 'download', ...facts },
    ]);
    expect(gateway.ends[0]?.error).toBeUndefined();
  });

  test('what changes the tree is a command with its paths', async () => {
    await open();
    await writeFile(at('a'), 'a');
    const lines = [
      'mkdir d',
      'rename a d/b',
      'symlink b d/link',
      'ln d/b d/hard',
      'chmod 600 d/b',
      'put d/b e',
      'rm e',
      'mkdir gone',
      'rmdir gone',
      'ls -l d',
    ];
    expect(await batch(lines)).toMatchObject({ code: 0 });
    expect(await readlink(at('d/link'))).toBe('b');
    expect((await stat(at('d/b'))).mode & 0o777).toBe(0o600);
    const home = gateway.directory;
    expect(gate.commands.map(({ text }) => text.replaceAll(home, '~'))).toEqual([
      'mkdir ~/d',
      'rename ~/a to ~/d/b',
      'link ~/d/link to b',
      'link ~/d/hard to ~/d/b',
      'attributes ~/d/b',
      'upload ~/e',
      'remove ~/e',
      'mkdir ~/gone',
      'remove ~/gone',
      'list ~/d',
    ]);
    expect(gate.commands[1]).toMatchObject({ class: ['write'], verbs: ['RENAME'], objects: { paths: [at('a'), at('d/b')] } });
  });

  test('transfers that are taken up again tell where they began', async () => {
    await open();
    const content = randomBytes(300_000);
    await writeFile(at('whole'), content);
    await writeFile(at('up'), content.subarray(0, 100_000));
    await writeFile(at('down'), content.subarray(0, 50_000));
    expect(await batch(['reput whole up', 'reget whole down'], ['-l', '20000'])).toMatchObject({ code: 0 });
    expect(sha256(await readFile(at('up')))).toBe(sha256(content));
    expect(gate.of('file')).toMatchObject([
      { direction: 'upload', offset: 100_000, bytes: 200_000, sha256: sha256(content.subarray(100_000)), complete: true },
      { direction: 'download', offset: 50_000, bytes: 250_000, sha256: sha256(content.subarray(50_000)), complete: true },
    ]);
  });

  test('a denied file is refused with the sentence of its rule, by whatever path; the rest goes on', async () => {
    await open(({ objects }) => (objects?.paths?.some((path) => path.includes('/secret/')) ? 'deny' : 'allow'));
    await mkdir(at('secret'));
    await mkdir(at('other'));
    await writeFile(at('secret/x'), 'x');
    await writeFile(at('free'), 'free');
    const outcome = await batch([
      '-get secret/x got',
      '-get other/../secret/./x got',
      '-rename free secret/y',
      '-put free secret/y',
      '-rm secret/x',
      'get free got',
    ]);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr.match(/Permission denied/g)).toHaveLength(5);
    expect(notices).toEqual(Array.from({ length: 5 }, () => 'Denied by the rule "a test".'));
    expect(await readdir(at('secret'))).toEqual(['x']);
    expect(await readFile(at('got'), 'utf8')).toBe('free');
    expect(gate.of('result').map(({ state }) => state)).toEqual(['failed', 'failed', 'failed', 'failed', 'failed', 'completed']);
  });

  test('a held upload waits for its approval and then runs', async () => {
    await open(({ verbs }) => (verbs.includes('UPLOAD') ? 'hold' : 'allow'));
    await writeFile(at('a'), 'approved');
    const running = batch(['put a b']);
    while (gate.holds.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await readdir(gateway.directory)).not.toContain('b');
    expect(gate.holds[0]?.context).toEqual({ open: 'write creat trunc' });
    expect(notices).toEqual(['Approval ap_1 asked of leads.']);
    gate.holds[0]?.approve();
    expect(await running).toMatchObject({ code: 0 });
    expect(await readFile(at('b'), 'utf8')).toBe('approved');
  });
});
