import { flameGraph, gather, type Profile } from './flame-graph.ts';

const callFrame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 1 });
const PROFILE: Profile = {
  nodes: [
    { id: 1, callFrame: callFrame('(root)'), children: [2, 4, 5] },
    { id: 2, callFrame: callFrame('loop', 'file:///core/pump.ts'), children: [3] },
    { id: 3, callFrame: callFrame('write<b>') },
    { id: 4, callFrame: callFrame('(idle)') },
    { id: 5, callFrame: callFrame('(garbage collector)') },
  ],
  samples: [2, 3, 3, 4, 5],
  timeDeltas: [100, 200, 300, 9_000, 400],
};

test('stacks are put together, and idle time is left out', () => {
  const root = gather(PROFILE);
  expect(root.time).toBe(1_000);
  expect([...root.calls.values()].map(({ name, time }) => [name, time])).toEqual([
    ['loop', 600],
    ['(garbage collector)', 400],
  ]);
  expect(root.calls.get('loop pump.ts')?.calls.get('write<b> ')?.time).toBe(500);
});

test('the picture names functions and escapes them', () => {
  const svg = flameGraph(PROFILE, 'a & b');
  expect(svg).toContain('a &#38; b');
  expect(svg).toContain('write&#60;b&#62; 50.0 %');
  expect(svg).not.toContain('(idle)');
});
