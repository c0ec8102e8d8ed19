import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const LINES = 10_000;
const LOG = new URL('./log.ts', import.meta.url).href;

/** Writes more than a pipe and the log itself hold, says that it is done, and leaves when it is told to. */
const PROGRAM = `
  const { createLog } = await import(${JSON.stringify(LOG)});
  const log = createLog('info');
  log.info({ password: 'hunter2' }, 'a first line with sp_0123456789abcdef');
  for (let line = 0; line < ${LINES}; line += 1) log.info('x'.repeat(1_000));
  console.log('done');
  process.stdin.once('data', () => {
    log.info('goodbye');
    process.exit(0);
  });
`;

let child: ChildProcessWithoutNullStreams;
afterEach(() => child.kill('SIGKILL'));

test('nobody waits for who reads the log; what is lost is counted, and the last line is written', async () => {
  child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], { stdio: 'pipe' });
  expect(String(await once(child.stdout, 'data'))).toBe('done\n'); // and nobody has read a line yet
  const lines: { readonly msg: string; readonly lines?: number; readonly password?: string }[] = [];
  for await (const line of createInterface(child.stderr)) {
    lines.push(JSON.parse(line) as (typeof lines)[number]);
    if (lines.at(-1)?.lines !== undefined) child.stdin.end('leave');
  }
  expect(lines[0]).toMatchObject({ msg: 'a first line with sp_[redacted]', password: '[redacted]' });
  const lost = lines.find((line) => line.lines !== undefined)?.lines ?? 0;
  expect(lost).toBeGreaterThan(0);
  expect(lines.filter(({ msg }) => msg.startsWith('x')).length + lost).toBe(LINES);
  expect(lines.at(-1)?.msg).toBe('goodbye');
});
