import { randomBytes } from 'node:crypto';
import type { SpooledPush } from '../src/index.ts';
import { GitBench } from './git-bench.ts';
import { HttpRelay } from './http-relay.ts';

let bench: GitBench;
let relay: HttpRelay;
let pushes: SpooledPush[];

beforeEach(async () => {
  bench = await GitBench.open();
  relay = await HttpRelay.open(bench.directory, bench.target);
  pushes = [];
  relay.judge = async (push) => {
    pushes.push(push);
    return undefined;
  };
});

afterEach(async () => {
  await relay.close();
  await bench.close();
});

test('a push over HTTP, compared with what the target has; one too large for the buffer probes first', async () => {
  await bench.commit({ a: '1\n', b: 'b\n' });
  await bench.inWork('push', relay.url, 'main');
  const id = await bench.commit({ a: '2\n', large: randomBytes(3 << 20) });
  await bench.inWork('push', relay.url, 'main');
  expect(pushes).toHaveLength(2);
  expect(pushes[1]?.contents).toMatchObject([
    {
      seen: 'all',
      fastForward: 'yes',
      files: [
        { path: 'a', kind: 'modified' },
        { path: 'large', kind: 'added', size: 3 << 20 },
      ],
    },
  ]);
  expect(await bench.inTarget('rev-parse', 'main')).toBe(id);
});

test('a denied push, and a held one', async () => {
  await bench.commit({ a: '1\n' });
  relay.judge = async (_push, notice) => {
    notice('Waits for the leads.');
    return { message: 'Sallyport: nobody said yes.', reason: 'expired' };
  };
  const { code, output } = await bench.run('-C', bench.work, 'push', relay.url, 'main');
  expect(code).toBe(1);
  expect(output).toContain('remote: Waits for the leads.');
  expect(output).toContain('remote: Sallyport: nobody said yes.');
  expect(output).toContain(' ! [remote rejected] main -> main (expired)');
  expect(await bench.inTarget('for-each-ref')).toBe('');
});
