import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitBench } from './git-bench.ts';
import { receivePack } from './raw-client.ts';

/** How what the relay advertises ends. */
const ADVERTISED = ' no-thin\n0000';

let bench: GitBench;

beforeEach(async () => {
  bench = await GitBench.open();
});

afterEach(async () => {
  await bench.close();
});

async function targetRefs(): Promise<string> {
  return await bench.inTarget('for-each-ref', '--format=%(refname)');
}

describe('a denied push', () => {
  beforeEach(() => {
    bench.relay.judge = async () => ({
      message: 'Sallyport: main is protected.\nAsk the leads.',
      reason: 'denied by a rule',
      reasons: new Map([['refs/heads/main', 'main is protected']]),
    });
  });

  test.each([[[]], [['--atomic']]])('shows why, for each ref, in words of git (%j)', async (options) => {
    await bench.commit({ a: '1\n' });
    const ran = await bench.push(...options, 'main', 'main:other');
    expect(ran.code).toBe(1);
    expect(ran.output).toContain('remote: Sallyport: main is protected.');
    expect(ran.output).toContain('remote: Ask the leads.');
    expect(ran.output).toContain(' ! [remote rejected] main -> main (main is protected)');
    expect(ran.output).toContain(' ! [remote rejected] main -> other (denied by a rule)');
    expect(await targetRefs()).toBe('');
    expect(bench.relay.failures).toEqual([]);
  });

  test('that deletes', async () => {
    bench.relay.judge = async () => undefined;
    await bench.commit({ a: '1\n' });
    await bench.push('main', 'main:old');
    bench.relay.judge = async () => ({ message: 'no', reason: 'not yours to delete' });
    const ran = await bench.push(':old');
    expect(ran.output).toContain(' ! [remote rejected] old (not yours to delete)');
    expect(await targetRefs()).toContain('refs/heads/old');
  });

  test('of a client without side bands, and of one that asks for no report', async () => {
    const id = await bench.commit({ a: '1\n' });
    const pack = await bench.packOf([id], '--revs');
    const zero = '0'.repeat(40);
    const push = async (capabilities: string) => {
      const line = `${zero} ${id} refs/heads/main\0${capabilities}`;
      const answer = await receivePack(
        bench,
        Buffer.concat([Buffer.from(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`), pack]),
      );
      return answer.slice(answer.indexOf(ADVERTISED) + ADVERTISED.length);
    };
    expect(await push(' report-status')).toBe('000eunpack ok\n0029ng refs/heads/main main is protected\n0000');
    expect(await push('')).toBe('');
    expect(await push(' side-band-64k')).toContain('Ask the leads.');
  });
});

test('a held push says who is asked while it waits, and then goes on', async () => {
  let release: (() => void) | undefined;
  bench.relay.judge = async (_push, notice) => {
    notice('Waits for the leads: approval ap_1.');
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return undefined;
  };
  const id = await bench.commit({ a: '1\n' });
  const pushing = bench.push('main');
  while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await targetRefs()).toBe('');
  release();
  const ran = await pushing;
  expect(ran.code).toBe(0);
  expect(ran.output).toContain('remote: Waits for the leads: approval ap_1.');
  expect(await bench.inTarget('rev-parse', 'main')).toBe(id);
});

test('what moves a cursor in a message or a reason stays harmless', async () => {
  bench.relay.judge = async () => ({ message: '\x1b[2J\u202e', reason: 'a\nng refs/heads/x\x1b[0m' });
  await bench.commit({ a: '1\n' });
  const { output } = await bench.push('main');
  expect(output).toContain('remote: \\u{1b}[2J\\u{202e}');
  expect(output).toContain('(a\\u{a}ng refs/heads/x\\u{1b}[0m)');
});

describe('limits', () => {
  test.each([
    ['bytes', { packBytes: 1000 }, 'larger than 1000 bytes'],
    ['objects', { objects: 2 }, 'more than 2 objects'],
  ])('%s above the limit are refused in a sentence', async (_what, limits, sentence) => {
    bench.relay.options = { limits };
    await bench.commit({ a: randomBytes(5000) });
    const { code, output } = await bench.push('main');
    expect(code).toBe(1);
    expect(output).toContain(sentence);
    expect(output).toContain(' ! [remote rejected] main -> main (refused by the gateway)');
    expect(await targetRefs()).toBe('');
  });

  test.each([
    ['paths', { paths: 3 }, 'it changes more than 3 paths'],
    ['steps', { steps: 5 }, 'it has more commits and files than are looked through'],
  ])('%s above the limit leave the contents unseen', async (_what, limits, why) => {
    bench.relay.options = { limits };
    await bench.commit({ a: '1', b: '2', c: '3', d: '4', e: '5' });
    expect((await bench.push('main')).code).toBe(0);
    expect(bench.relay.pushes[0]?.contents).toMatchObject([{ seen: 'none', why }]);
  });

  test('text above the limit is counted as not read', async () => {
    bench.relay.options = { limits: { fileBytes: 100 } };
    await bench.commit({ a: 'x'.repeat(101), b: 'y' });
    await bench.push('main');
    expect(bench.relay.pushes[0]?.contents).toMatchObject([{ seen: 'all', unread: 1, addedBytes: 1, files: [{ size: 101 }, { size: 1 }] }]);
  });

  test('a few objects that unfold to a billion paths cost no more than the steps', async () => {
    let tree = await bench.hash('blob', Buffer.from('x'));
    let mode = '100644';
    for (let level = 0; level < 9; level++) {
      const entries = Array.from({ length: 10 }, (_, i) => Buffer.concat([Buffer.from(`${mode} ${i}\0`), Buffer.from(tree, 'hex')]));
      tree = await bench.hash('tree', Buffer.concat(entries));
      mode = '40000';
    }
    const commit = await bench.inWork('commit-tree', '-m', 'bomb', tree);
    expect((await bench.push(`${commit}:refs/heads/bomb`)).code).toBe(0);
    expect(bench.relay.pushes[0]?.contents).toMatchObject([{ seen: 'none', why: 'it changes more than 100000 paths' }]);
  });
});

describe('bytes that are no pack', () => {
  const id = 'a'.repeat(40);
  const line = `${'0'.repeat(40)} ${id} refs/heads/main\0 report-status`;
  const head = `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`;
  test.each([
    ['something else', Buffer.from('NOT A PACK, BUT LONG ENOUGH'), 'is no pack'],
    ['a pack that lies', Buffer.from('PACK\0\0\0\x02\0\0\0\x01\x30garbage garbage garbage garbage'), 'could not be read'],
  ])('%s is refused', async (_what, bytes, sentence) => {
    const answer = await receivePack(bench, Buffer.concat([Buffer.from(head), bytes]));
    expect(answer).toContain('ng refs/heads/main refused by the gateway');
    expect(bench.relay.failures.map(String)).toEqual([expect.stringContaining(sentence)]);
  });

  test('what follows a pack is refused', async () => {
    const commit = await bench.commit({ a: '1\n' });
    const pack = await bench.packOf([commit], '--revs');
    await receivePack(bench, Buffer.concat([Buffer.from(head.replace(id, commit)), pack, Buffer.from('0000')]));
    expect(bench.relay.failures.map(String)).toEqual([expect.stringContaining('Something follows the pack')]);
  });

  test('a tree that lists a name twice is not taken for what one reader sees in it', async () => {
    const [safe, evil] = [await bench.hash('blob', Buffer.from('safe')), await bench.hash('blob', Buffer.from('evil'))];
    const entry = (blob: string) => Buffer.concat([Buffer.from('100644 a\0'), Buffer.from(blob, 'hex')]);
    const tree = await bench.hash('tree', Buffer.concat([entry(safe), entry(evil)]));
    const commit = await bench.inWork('commit-tree', '-m', 'twice', tree);
    await bench.push(`${commit}:refs/heads/main`);
    expect(bench.relay.pushes[0]?.contents).toMatchObject([{ seen: 'part' }]);
  });
});

test('a large pack goes through the disk, not through memory', async () => {
  const megabytes = 200;
  for (let i = 0; i < 4; i++) writeFileSync(join(bench.work, `random${i}`), randomBytes((megabytes / 4) << 20));
  await bench.inWork('add', '-A');
  await bench.inWork('commit', '-q', '-m', 'large');
  bench.relay.judge = async (push) => {
    expect(push.pack?.bytes).toBeGreaterThan(megabytes << 20);
    return undefined;
  };
  let most = 0;
  const before = process.memoryUsage().rss;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  }, 20);
  const { code } = await bench.push('main');
  clearInterval(watch);
  expect(code).toBe(0);
  expect(most).toBeLessThan(megabytes << 20);
  expect(await bench.inTarget('rev-parse', 'main')).toBe(await bench.inWork('rev-parse', 'HEAD'));
  expect(bench.relay.pushes[0]?.contents[0]).toMatchObject({ seen: 'all', unread: 4, files: [{ size: 50 << 20 }, {}, {}, {}] });
}, 300_000);
