import type { ParserSettings } from '../classify/analysis.ts';
import { type Classifier, createClassifier } from '../classify/classifier.ts';
import { followNames, type NameScope } from './indirection.ts';
import { Names } from './names.ts';
import type { Portal, Statement } from './statement.ts';

const SETTINGS: ParserSettings = { standardConformingStrings: true, serverVersion: '15.18' };
let classifier: Classifier;
beforeAll(() => {
  classifier = createClassifier();
});
afterAll(() => classifier.close());

/** Names made by Parse, which takes an EXECUTE for a text as well. */
async function prepared(texts: Readonly<Record<string, string>>): Promise<NameScope> {
  const statements = new Names<Statement>(() => 0);
  for (const [name, text] of Object.entries(texts)) {
    statements.propose({ name, value: { text, analysis: await classifier.analyse(text, SETTINGS), parameterTypes: [] }, group: 1 });
  }
  return { statements, portals: new Names<Portal>(() => 0), group: 1 };
}

test.each([
  ['one that runs itself', { t: 'EXECUTE t' }, 'unknown'],
  ['two that run each other', { t: 'EXECUTE u', u: 'EXECUTE t' }, 'unknown'],
  ['one that leads to a deletion', { t: 'EXECUTE u', u: 'DELETE FROM orders' }, 'write'],
])('EXECUTE of %s', async (_what, texts, expected) => {
  const scope = await prepared(texts);
  const followed = followNames(await classifier.analyse('EXECUTE t', SETTINGS), scope);
  expect(followed).toMatchObject({ analysis: { statements: [{ class: expect.arrayContaining([expected]) }] } });
});
