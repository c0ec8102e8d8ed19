import fc from 'fast-check';
import { TextQueue } from './text-queue.ts';

function order(queue: TextQueue<string>): string[] {
  const served: string[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) served.push(next);
  return served;
}

test('short texts come before long ones, equals in their order', () => {
  const queue = new TextQueue<string>();
  queue.push('long', 1_000_000);
  queue.push('first', 100);
  queue.push('second', 100);
  queue.push('shortest', 10);
  expect(order(queue)).toEqual(['shortest', 'first', 'second', 'long']);
});

test('a long text waits for as many characters as it has, and no longer', () => {
  const queue = new TextQueue<string>();
  queue.push('long', 1_000);
  let before = 0;
  for (queue.push('short', 10); queue.shift() === 'short'; queue.push('short', 10)) before += 1;
  expect(before).toBe(99);
});

test('where there is no room the longest is given up, so that nobody’s long texts keep short ones out', () => {
  const queue = new TextQueue<string>();
  for (let count = 0; count < 16; count += 1) expect(queue.push(`long ${count}`, 1 << 20)).toBeUndefined();
  expect(queue.push('short', 10)).toBe('long 0');
  expect(queue.push('longest', (1 << 20) + 1)).toBe('longest');
  const crowd = new TextQueue<string>();
  for (let count = 0; count < 1_024; count += 1) crowd.push('medium', 1_000);
  expect(crowd.push('short', 10)).toBe('medium');
});

test('every text that is not given up is served once', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 1 << 20 }), fc.constant(undefined)), { maxLength: 60 }), (steps) => {
      const queue = new TextQueue<number>();
      const [pushed, out]: [number[], number[]] = [[], []];
      steps.forEach((length, item) => {
        const gone = length === undefined ? queue.shift() : queue.push(item, length);
        if (length !== undefined) pushed.push(item);
        if (gone !== undefined) out.push(gone);
      });
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) out.push(next);
      expect(out.sort((a, b) => a - b)).toEqual(pushed);
    }),
  );
});
