import { liveText } from './session.ts';

const told = (event: object): string[] =>
  liveText('2026-11-21T12:00:00.000Z', event as never)
    .replaceAll(/\u001b\[\d+m/g, '')
    .replaceAll(/^\S+/gm, '')
    .split('\n');

test('events as they happen', () => {
  expect(told({ type: 'command', ruling: 'allow', text: 'GET /a\u001b' })).toEqual(['  allow  GET /a\\x1b']);
  const result = { type: 'result', command: 2, state: 'completed', rows: 3, bytes: 10 };
  expect(told(result)).toEqual(['  2 ends: completed · 3 rows · 10 bytes']);
  expect(told({ ...result, state: 'failed', status: 404, error: { code: '404', message: 'x' }, masked: { cards: 1 } })).toEqual([
    '  2 ends: failed · 404 · 10 bytes · 1 masked by cards',
  ]);
  expect(told({ type: 'resize', rows: 3 })).toEqual(['  resize rows=3']);
});

test('a call of a language model is a conversation', () => {
  const event = { type: 'llm', model: 'tiny', messages: [{ role: 'user', text: 'Hi' }], completion: 'Hello\u001b' };
  expect(told(event)).toEqual(['  conversation', '          user: Hi', '          assistant: Hello\\x1b', '          tiny']);
});
