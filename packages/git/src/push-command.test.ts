import type { FetchRequest } from './fetch-request.ts';
import type { UpdateContents } from './file-list.ts';
import { fetchCommand, pushCommands } from './push-command.ts';
import type { RefUpdate } from './push-request.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const ZERO = '0'.repeat(40);

function contents(update: Partial<RefUpdate>, more: Partial<UpdateContents> = {}): UpdateContents {
  const whole: RefUpdate = { ref: 'refs/heads/main', old: A, new: B, kind: 'update', ...update };
  return { update: whole, seen: 'all', commits: 1, files: [], addedLines: 0, addedBytes: 0, findings: [], unread: 0, ...more };
}

test.each<[string, UpdateContents, string]>([
  ['made', contents({ old: ZERO, kind: 'create' }), 'REF CREATE [write] push shop refs/heads/main bbbbbbbb (new, 1 commit, 0 files)'],
  ['deleted', contents({ new: ZERO, kind: 'delete' }), 'REF DELETE [ddl] push shop refs/heads/main aaaaaaaa (deleted)'],
  [
    'forward',
    contents({}, { fastForward: 'yes' }),
    'REF UPDATE [write] push shop refs/heads/main aaaaaaaa..bbbbbbbb (fast-forward, 1 commit, 0 files)',
  ],
  [
    'forced',
    contents({}, { fastForward: 'no' }),
    'REF FORCE [ddl] push shop refs/heads/main aaaaaaaa..bbbbbbbb (forced, 1 commit, 0 files)',
  ],
  [
    'perhaps forced',
    contents({}, { fastForward: 'unknown', seen: 'none', why: 'so' }),
    'REF UPDATE [write,unknown] push shop refs/heads/main aaaaaaaa..bbbbbbbb (perhaps forced, contents unseen: so)',
  ],
  [
    'made of what cannot be looked at',
    contents({ old: ZERO, kind: 'create' }, { seen: 'none', why: 'so' }),
    'REF CREATE [write,unknown] push shop refs/heads/main bbbbbbbb (new, contents unseen: so)',
  ],
  [
    'forward, with what was looked for',
    contents({}, { fastForward: 'yes', findings: [{ rule: 'aws-key', count: 2, path: 'a', commit: B }] }),
    'REF UPDATE,PUSH SECRET [write] push shop refs/heads/main aaaaaaaa..bbbbbbbb (fast-forward, 1 commit, 0 files, found: aws-key)',
  ],
  [
    'a tag moved, though forward',
    contents({ ref: 'refs/tags/v1' }, { fastForward: 'yes' }),
    'REF FORCE [ddl] push shop refs/tags/v1 aaaaaaaa..bbbbbbbb (moves a tag, 1 commit, 0 files)',
  ],
  [
    'a ref that steers the server',
    contents({ ref: 'refs/meta/config' }, { fastForward: 'yes' }),
    'REF UPDATE [write,unknown] push shop refs/meta/config aaaaaaaa..bbbbbbbb (fast-forward, 1 commit, 0 files)',
  ],
])('a ref is %s', (_what, update, text) => {
  expect(pushCommands('shop', [update]).map((command) => `${command.verbs} [${command.class}] ${command.text}`)).toEqual([text]);
});

test('paths are complete only where all was seen', () => {
  const files: UpdateContents['files'] = [{ path: 'a', kind: 'added', type: 'file', addedLines: 1, addedBytes: 1 }];
  const [all, part] = pushCommands('shop', [contents({}, { files }), contents({}, { files, seen: 'part' })]);
  expect(all?.objects).toEqual({ repository: ['shop'], refs: ['refs/heads/main'], paths: ['a'] });
  expect([all?.incomplete, part?.incomplete]).toEqual([undefined, ['paths']]);
});

test('an approval binds the ids; a grant for the shape, the ref and what is done to it', () => {
  const [one] = pushCommands('shop', [contents({}, { fastForward: 'yes' })]);
  expect(one?.digestParts).toEqual(['git push', 'shop', 'refs/heads/main', A, B]);
  expect(one?.shape).toBe('push shop refs/heads/main REF UPDATE write');
});

test('a fetch reads; a command of protocol 2 that is not known does who knows what', () => {
  const fetch: FetchRequest = { command: 'fetch', wants: [A], wanted: 2, refs: ['refs/heads/x'], depth: ['deepen 1'], filter: 'blob:none' };
  expect(fetchCommand('shop', fetch)).toMatchObject({
    class: ['read'],
    verbs: ['GIT FETCH'],
    text: 'fetch shop refs/heads/x aaaaaaaa … (deepen 1, filter blob:none)',
    objects: { repository: ['shop'], refs: ['refs/heads/x'] },
  });
  expect(fetchCommand('shop', { ...fetch, command: 'bundle-uri' }).class).toEqual(['unknown']);
});
