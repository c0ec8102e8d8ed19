import { PUSH_LIMITS } from './push-limits.ts';
import { enterQuarantine } from './push-places.ts';

const limits = { ...PUSH_LIMITS, pushes: 3, pushesEach: 2 };

test('as many pushes are judged at a time as may be, and of nobody all of them', () => {
  const enter = (owner: string): (() => void) => enterQuarantine('/scratch', owner, limits);
  const [first] = [enter('ann'), enter('ann')];
  expect(() => enter('ann')).toThrow('2 pushes of yours are being judged or wait for an approval');
  const bobs = enter('bob');
  expect(() => enter('bob')).toThrow('3 pushes are being judged or wait for an approval');
  expect(() => enterQuarantine('/other', 'bob', limits)).not.toThrow();
  bobs();
  bobs();
  const again = enter('bob');
  expect(() => enter('bob')).toThrow('3 pushes');
  first?.();
  again();
  expect(() => enter('ann')).not.toThrow();
});
