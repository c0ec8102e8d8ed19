import fc from 'fast-check';
import { type NameChange, Names, UNSURE } from './names.ts';

const weigh = (value: string): number => value.length;

test('within a group a change counts at once, for others when it is confirmed', () => {
  const names = new Names(weigh);
  const change: NameChange<string> = { name: 'a', value: 'one', group: 1 };
  names.propose(change);
  expect(names.find('a', 1)).toBe('one');
  expect(names.find('a', 2)).toBe(UNSURE);
  names.settle(change, true);
  expect(names.find('a', 2)).toBe('one');
});

test('what failed leaves what was', () => {
  const names = new Names(weigh);
  const first: NameChange<string> = { name: 'a', value: 'one', group: 1 };
  names.propose(first);
  names.settle(first, true);
  const second: NameChange<string> = { group: 2 };
  names.propose(second);
  expect(names.find('a', 2)).toBeUndefined();
  names.settle(second, false);
  expect(names.find('a', 3)).toBe('one');
});

test('a session keeps a bounded number of names and bytes', () => {
  const names = new Names(weigh);
  for (let count = 0; count < 10_000; count += 1) {
    expect(names.full).toBe(false);
    names.propose({ name: String(count), value: 'x', group: 1 });
  }
  expect(names.full).toBe(true);
  const large = new Names(weigh);
  large.propose({ name: 'a', value: 'x'.repeat(64 << 20), group: 1 });
  expect(large.full).toBe(true);
});

test('every name takes its own changes and those of all names in the order they were made', () => {
  const names = new Names(weigh);
  const [one, all, two] = [{ name: 'a', value: 'one', group: 1 }, { group: 1 }, { name: 'b', value: 'two', group: 1 }];
  for (const change of [one, all, two]) names.propose(change);
  expect([names.find('a', 1), names.find('b', 1), names.find('c', 1)]).toEqual([undefined, 'two', undefined]);
  expect(names.find('a', 2)).toBe(UNSURE);
  names.settle(one, true);
  names.settle(all, false);
  expect([names.find('a', 2), names.find('b', 2)]).toEqual(['one', UNSURE]);
});

/** A server that runs groups of changes in order and skips the rest of a group that failed. */
const script = fc.array(
  fc.array(
    fc.record({
      name: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      value: fc.option(fc.string(), { nil: undefined }),
      fails: fc.boolean(),
    }),
  ),
  { maxLength: 6 },
);

test('whatever comes back, a name never stands for what the server does not have', () => {
  fc.assert(
    fc.property(script, fc.integer({ min: 0, max: 12 }), (groups, answered) => {
      const names = new Names(weigh);
      const server = new Map<string, string>();
      const sent = groups.flatMap((changes, group) => {
        let skipped = false;
        return changes.map(({ name, value, fails }) => {
          skipped ||= fails;
          const change: NameChange<string> = {
            ...(name !== undefined && { name }),
            ...(name !== undefined && value !== undefined && { value }),
            group,
          };
          return { change, done: !skipped };
        });
      });
      for (const { change } of sent) names.propose(change);
      for (const { change, done } of sent.slice(0, answered)) names.settle(change, done);
      for (const { change, done } of sent) {
        if (!done) continue;
        if (change.name === undefined) server.clear();
        else if (change.value === undefined) server.delete(change.name);
        else server.set(change.name, change.value);
      }
      for (const name of ['a', 'b']) {
        const found = names.find(name, groups.length);
        if (found !== UNSURE) expect(found).toBe(server.get(name));
      }
    }),
  );
});
