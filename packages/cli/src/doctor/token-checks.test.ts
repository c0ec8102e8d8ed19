import type { TokenRow } from '@sallyport/core';
import { judgeTokens } from './token-checks.ts';

const DAY = 24 * 3_600_000;
const NOW = Date.parse('2026-06-01T12:00:00Z');
const nothing = Buffer.alloc(0);

function row(id: string, other: Partial<TokenRow> = {}): TokenRow {
  const times = { createdAt: NOW - DAY, expiresAt: NOW + DAY, revokedAt: null, parent: null };
  const scope = { targets: [], classes: [], maxSessions: null, sessions: 1, actingFor: null, can: [] };
  return {
    id,
    user: 'alice',
    ...times,
    ...scope,
    sha256: nothing,
    scramStored: nothing,
    scramServer: nothing,
    sha1sha1: nothing,
    ...other,
  };
}

const messages = (rows: readonly TokenRow[]): readonly string[] => judgeTokens(rows, ['alice'], NOW).map(({ message }) => message);

test('short-lived tokens in use are fine', () => {
  expect(judgeTokens([row('tk_a'), row('tk_b', { can: ['approve'], sessions: 0 })], ['alice'], NOW)).toEqual([
    { check: 'tokens', level: 'ok', message: '2 live tokens, none of them idle or without a near end.' },
  ]);
});

test.each([
  [{ user: 'gone' }, 'A token is for nobody whom the configuration knows: tk_a (gone).'],
  [{ expiresAt: NOW + 91 * DAY }, 'A token is good for longer than 90 days: tk_a (alice).'],
  [{ expiresAt: NOW + 8 * DAY, can: ['approve'] }, 'A token is for approving and good for longer than 7 days: tk_a (alice).'],
  [{ sessions: 0, createdAt: NOW - 15 * DAY }, 'A token is unused since made, 14 days ago or more: tk_a (alice).'],
])('%j', (other, message) => expect(messages([row('tk_a', other)])).toEqual([message]));

test.each([{ revokedAt: NOW - 1 }, { expiresAt: NOW - 1 }, { parent: 'tk_parent' }])('%j is not looked at', (other) => {
  expect(messages([row('tk_a', { user: 'gone', ...other })])).toEqual(['0 live tokens, none of them idle or without a near end.']);
});

test('many are counted, not listed', () => {
  const [message] = messages(['a', 'b', 'c', 'd', 'e'].map((id) => row(`tk_${id}`, { user: 'gone' })));
  expect(message).toMatch(/^Tokens are .*: tk_a \(gone\), tk_b \(gone\), tk_c \(gone\) and 2 more\.$/);
});
