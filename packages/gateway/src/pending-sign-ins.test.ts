import { PendingSignIns } from './pending-sign-ins.ts';

/** Enters under each address in turn; the list of those closed grows as others take their place. */
function crowd() {
  const pending = new PendingSignIns();
  const closed: string[] = [];
  const enter = (address: string, name = address) => pending.enter(address, (error) => closed.push(`${name} ${error.code}`));
  return { enter, closed };
}

test('the oldest of an address makes room for its newest, and nobody else does', () => {
  const { enter, closed } = crowd();
  enter('10.0.0.2', 'neighbour');
  for (let i = 0; i < 258; i++) enter('10.0.0.1', `c${i}`);
  expect(closed).toEqual(['c0 ERR_LIMIT', 'c1 ERR_LIMIT']);
});

test('a place that was given back is free again, once', () => {
  const { enter, closed } = crowd();
  const leave = Array.from({ length: 256 }, (_, i) => enter('10.0.0.1', `c${i}`))[7];
  leave?.();
  leave?.();
  enter('10.0.0.1');
  expect(closed).toEqual([]);
  enter('10.0.0.1');
  expect(closed).toEqual(['c0 ERR_LIMIT']);
});

test('an IPv6 client is its /64, however many addresses it has of it', () => {
  const { enter, closed } = crowd();
  for (let i = 0; i < 257; i++) enter(`2001:db8:1:2::${i.toString(16)}`);
  enter('2001:db8:1:3::1');
  expect(closed).toEqual(['2001:db8:1:2::0 ERR_LIMIT']);
});

test('when all addresses together are too many, the oldest of all goes', () => {
  const { enter, closed } = crowd();
  for (let i = 0; i < 2_050; i++) enter(`10.0.${i >> 8}.${i & 255}`);
  expect(closed).toEqual(['10.0.0.0 ERR_LIMIT', '10.0.0.1 ERR_LIMIT']);
});
