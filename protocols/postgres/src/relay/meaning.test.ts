import type { Gate, Mask } from '@sallyport/core';
import { redact, testCatalogue } from '../../test/playbook-kit.ts';
import { createClassifier } from '../classify/classifier.ts';
import { type MeaningInputs, meaningOf } from './meaning.ts';
import { Protection } from './protection.ts';

const SETTINGS = { standardConformingStrings: true, serverVersion: '15.18' };
const classifier = createClassifier();
afterAll(() => classifier.close());

const hiding = (relation: string): Protection =>
  new Protection({
    maskFor: (column): Mask | undefined => (column.relation === relation ? redact : undefined),
    protectedMask: redact,
    unmasked: false,
  } as Gate);

describe('a statement that comes again', () => {
  const customers = testCatalogue({ 'public.customers': ['id', 'card'] });
  let first: MeaningInputs;

  beforeEach(async () => {
    const text = 'SELECT id FROM customers';
    const analysis = await classifier.analyse(text, SETTINGS);
    first = { text, analysis, catalogue: customers, protection: hiding('nothing'), uncertain: false };
    meaningOf(first);
  });

  test('means the same where nothing has changed', () => {
    expect(meaningOf({ ...first })).toBe(meaningOf(first));
    expect(meaningOf(first)).toMatchObject({ resolved: { sources: [{ schema: 'public' }] }, exposed: false });
  });

  test('means the same with other literals, and is the text that it is', async () => {
    const meant = async (text: string) => meaningOf({ ...first, text, analysis: await classifier.analyse(text, SETTINGS) });
    const one = await meant("SELECT id FROM customers WHERE card = '1'");
    const other = await meant("SELECT id FROM customers WHERE card = '22'");
    expect(other.statements).toBe(one.statements);
    expect([other.text, other.analysis.shape]).toEqual(["SELECT id FROM customers WHERE card = '22'", one.analysis.shape]);
  });

  test('with a text that cannot be understood is taken for the worst', () => {
    const failed = { ...first.analysis, failure: 'No.' };
    expect(meaningOf({ ...first, analysis: failed })).toMatchObject({ exposed: true, sealed: true });
    expect(meaningOf(first)).toMatchObject({ exposed: false, sealed: false });
  });

  test('means what another catalogue says', () => {
    const catalogue = testCatalogue({ 'staff.customers': ['id'] });
    expect(meaningOf({ ...first, catalogue })).toMatchObject({ catalogue, resolved: { sources: [{ schema: 'staff' }] } });
  });

  test('is over protected data behind a schema change that is not read yet', () => {
    expect(meaningOf({ ...first, uncertain: true }).exposed).toBe(true);
    expect(meaningOf(first).exposed).toBe(false);
  });

  test('is another thing in a session with other masks', () => {
    expect(meaningOf({ ...first, protection: hiding('public.customers') }).exposed).toBe(true);
  });
});
