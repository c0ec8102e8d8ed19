import { type InTerminal, inTerminal, quoted } from './pty.ts';
import { COMMAND } from './site.ts';
import { type SshSite, startSshSite } from './ssh-site.ts';

const RULES = `rules:
  - { name: shells, match: { verb: [SHELL] }, action: allow }
masking:
  - { name: secrets, detect: [aws-key], method: redact }`;
const SIZE = { columns: 80, rows: 24 };
/** AKIAIOSFODNN7EXAMPLE, without standing in what is typed. */
const PRINT_SECRET = "printf 'AKIA\\033[1mIOSFODNN%sEXAMPLE\\n' 7";
const SECRET = 'IOSFODNN7EXAMPLE';

let site: SshSite;
beforeAll(async () => {
  site = await startSshSite({ rules: RULES });
});
afterAll(() => site?.stop());

const sallyport = (...args: readonly string[]): InTerminal =>
  inTerminal([COMMAND, ...args].map(quoted).join(' '), SIZE, { ...site.env, SALLYPORT_TOKEN: '', SALLYPORT_URL: '' });

/** A shell at the target, whose prompt is `% `. */
async function shell(): Promise<InTerminal> {
  const words = ['ssh', '-tt', '-p', String(site.port), ...site.options, 'alice@127.0.0.1'];
  const terminal = inTerminal(words.map(quoted).join(' '), SIZE, {});
  terminal.type("PS1='% '; unset PROMPT_COMMAND; echo re''ady\r");
  await terminal.hear('ready');
  return terminal;
}

test('a shell is masked as it is seen, watched while it runs, and played again', async () => {
  const terminal = await shell();
  terminal.type(`${PRINT_SECRET}\r`);
  await terminal.hear('[redacted]');

  const watch = sallyport('sessions', 'watch', 'last');
  await watch.hear('[redacted]');
  terminal.type("echo on''ly-now\r");
  await watch.hear('only-now');
  watch.type('\x03');
  await watch.ended;
  expect(watch.said).toContain('You no longer watch.');
  expect(watch.said).not.toContain(SECRET);

  terminal.type("printf '\\033]0;ow%s\\007\\033[6n' ned; exit 3\r");
  expect(await terminal.ended).toBe(3);
  expect(terminal.said).not.toContain(SECRET);

  const { events } = await site.lastSession();
  expect(events.find(({ type }) => type === 'command')).toMatchObject({
    verb: 'SHELL',
    state: 'completed',
    exit: 3,
    masked: { secrets: 1 },
  });

  const found = await site.run(['sessions', 'search', '--value-from', '-', '--json'], { input: `AKIA${SECRET}\n` });
  expect(JSON.parse(found.stdout)).toMatchObject([{ how: 'masked', rule: 'secrets' }]);

  const replay = sallyport('replay', 'last', '--speed', '0');
  expect(await replay.ended).toBe(0);
  expect(replay.said).toContain('[redacted]');
  expect(replay.said).toContain('only-now');
  expect(replay.said).not.toMatch(/owned|\x1b\]|\x1b\[6n/);
  expect(replay.said).toContain('\x1b[?25h');

  const late = sallyport('replay', 'last', '--speed', '0', '--from', '1d');
  expect(await late.ended).toBe(0);
  expect(late.said).toContain('only-now');

  const lines = await site.run(['replay', 'last']);
  expect(lines.stdout).toMatch(/\nonly-now\n/);
  expect(lines.stdout).not.toContain('\x1b');

  const { stdout } = await site.run(['sessions', 'export', 'last', '--format', 'asciicast']);
  const [head, ...cast] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(head).toMatchObject({ version: 2, width: 80, height: 24 });
  expect(cast.map((event) => (event as string[])[2]).join('')).toContain('only-now');
  expect(stdout).not.toMatch(/owned|IOSFODNN7EXAMPLE/);
});

test('a command without a terminal is played as lines, in a terminal too', async () => {
  await site.ssh(['alice@127.0.0.1', 'echo one; echo two >&2; exit 4']);
  const replay = sallyport('replay', 'last', '--speed', '0');
  expect(await replay.ended).toBe(0);
  expect(replay.said).toMatch(/echo one; echo two >&2; exit 4\r\n(.*\r\n)*one\r\n/);
  expect(replay.said).toContain('exit 4');
  const none = await site.run(['sessions', 'export', 'last', '--format', 'asciicast']);
  expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/Session s_\S+ had no terminal/)]);
});

test('a watched terminal that closes says so, and the watcher comes back', async () => {
  const terminal = await shell();
  const watch = sallyport('sessions', 'watch', 'last');
  await watch.hear('ready');
  terminal.type('exit\r');
  expect(await watch.ended).toBe(0);
  expect(watch.said).toContain('The terminal is closed.');
  await terminal.ended;
});
