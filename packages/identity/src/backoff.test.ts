import { createBackoff } from './backoff.ts';

const never = new AbortController().signal;

/** Whether an attempt would have to wait: an aborted signal turns the wait into an error at once. */
async function waits(backoff: ReturnType<typeof createBackoff>, client: string, user: string): Promise<boolean> {
  return backoff.wait(client, user, AbortSignal.abort(new Error('waits'))).then(
    () => false,
    (error: Error) => error.message === 'waits',
  );
}

function fail(backoff: ReturnType<typeof createBackoff>, times: number, client: string, user: string): void {
  for (let i = 0; i < times; i++) backoff.failed(client, user);
}

test('a few failures are free, then attempts wait; success forgives the pair', async () => {
  const backoff = createBackoff(() => 0);
  fail(backoff, 2, '10.0.0.1:1111', 'alice');
  expect(await waits(backoff, '10.0.0.1:2222', 'alice')).toBe(false);
  fail(backoff, 1, '10.0.0.1:3333', 'alice');
  expect(await waits(backoff, '10.0.0.1:4444', 'alice')).toBe(true);
  backoff.succeeded('10.0.0.1:5555', 'alice');
  expect(await waits(backoff, '10.0.0.1:6666', 'alice')).toBe(false);
});

test('a victim is not locked out by name, nor another name at the same address', async () => {
  const backoff = createBackoff(() => 0);
  fail(backoff, 15, '10.0.0.1', 'alice');
  expect(await waits(backoff, '10.0.0.2', 'alice')).toBe(false);
  expect(await waits(backoff, '10.0.0.1', 'bob')).toBe(false);
});

test('an address that tries many names waits for each', async () => {
  const backoff = createBackoff(() => 0);
  for (let i = 0; i < 20; i++) backoff.failed('10.0.0.1', `user${i}`);
  expect(await waits(backoff, '10.0.0.1', 'fresh')).toBe(true);
});

test('a stranger at the same address slows those who signed in there not at all, others by two seconds at most', async () => {
  let now = 0;
  const backoff = createBackoff(() => now);
  backoff.succeeded('10.0.0.1', 'alice');
  for (let i = 0; i < 100; i++) backoff.failed('10.0.0.1', `user${i}`);
  expect(await waits(backoff, '10.0.0.1', 'alice')).toBe(false);
  for (let i = 0; i < 100; i++) expect(await waits(backoff, '10.0.0.1', 'bob')).toBe(true);
  now = 2_000;
  expect(await waits(backoff, '10.0.0.1', 'bob')).toBe(false);
});

test('who signed in waits after failures of the own name, and is a stranger again after an hour', async () => {
  let now = 0;
  const backoff = createBackoff(() => now);
  backoff.succeeded('10.0.0.1', 'alice');
  fail(backoff, 3, '10.0.0.1', 'alice');
  expect(await waits(backoff, '10.0.0.1', 'alice')).toBe(true);
  now = 60 * 60_000;
  for (let i = 0; i < 30; i++) backoff.failed('10.0.0.1', `user${i}`);
  expect(await waits(backoff, '10.0.0.1', 'alice')).toBe(true);
});

test('attempts made at once queue up; too many are refused with the true time; who leaves gives the turn back', async () => {
  const backoff = createBackoff(() => 0);
  fail(backoff, 8, '10.0.0.1', 'alice'); // 8 s each from here on
  const leaving = [new AbortController(), new AbortController()] as const;
  const waiting = leaving.map(({ signal }) => backoff.wait('10.0.0.1', 'alice', signal));
  await expect(backoff.wait('10.0.0.1', 'alice', never)).rejects.toMatchObject({
    code: 'ERR_LIMIT',
    message: expect.stringMatching(/try again in 24 seconds\.$/),
  });
  leaving[0].abort(new Error('left'));
  await expect(waiting[0]).rejects.toThrow('left');
  expect(await waits(backoff, '10.0.0.1', 'alice')).toBe(true);
  expect(await waits(backoff, '10.0.0.1', 'alice')).toBe(true); // the one above left at once, too
  leaving[1].abort(new Error('left'));
  await expect(waiting[1]).rejects.toThrow('left');
});

test('failures are forgotten in time', async () => {
  let now = 0;
  const backoff = createBackoff(() => now);
  fail(backoff, 8, '10.0.0.1', 'alice');
  now = 10 * 60_000;
  expect(await waits(backoff, '10.0.0.1', 'alice')).toBe(false);
});

test('the wait ends by itself', async () => {
  const backoff = createBackoff(Date.now);
  fail(backoff, 3, '10.0.0.1', 'alice');
  const start = Date.now();
  await backoff.wait('10.0.0.1', 'alice', never);
  expect(Date.now() - start).toBeGreaterThanOrEqual(240);
});

test('the table is bounded: the oldest failures go first', async () => {
  const backoff = createBackoff(() => 0);
  fail(backoff, 8, '10.0.0.1', 'alice');
  for (let i = 0; i < 6000; i++) backoff.failed(`10.1.${i >> 8}.${i & 255}`, 'x');
  expect(await waits(backoff, '10.0.0.1', 'alice')).toBe(false);
});
