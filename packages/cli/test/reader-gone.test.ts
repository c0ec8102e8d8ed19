import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { startCommand } from './site.ts';

test('a demo whose reader has gone ends in order and without a word about it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-reader-gone-'));
  try {
    const ports = ['--port', String(await freePort()), '--admin-port', String(await freePort())];
    const demo = startCommand(['demo', '--folder', folder, ...ports], {}, { NO_COLOR: '1' });
    demo.child.stdout?.destroy();
    const { code, stderr } = await demo.outcome;
    expect({ code, lines: stderr.split('\n') }).toEqual({
      code: 0,
      lines: ['Starting the database and the gateway ...', expect.stringContaining('A fresh shop is ready'), 'Ending the demo ...', ''],
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
