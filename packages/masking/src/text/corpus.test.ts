import { anyDigits, type Form, negatives, positives } from '../../../../test-fixtures/detection/corpus.ts';
import { score } from '../../../../test-fixtures/detection/score.ts';
import { DETECTOR_NAMES } from './detectors.ts';
import { RulesMask } from './text-mask.ts';

const found: string[] = [];
const masks = new Map(
  DETECTOR_NAMES.map((name) => {
    const apply = (text: string) => {
      found.push(text);
      return '';
    };
    return [name, new RulesMask([{ mask: { rule: name, method: 'redact', apply }, detectors: [name], patterns: [] }])];
  }),
);

const find = (form: Form, text: string) => {
  const bytes = Buffer.from(text);
  masks.get(form)?.value(bytes, 0, bytes.length, () => {});
  return found.splice(0);
};

/** Share of positives missed, and negatives found, that the forms themselves make unavoidable. */
const ALLOWED: Partial<Record<Form, { readonly missed: number; readonly wrong: number }>> = {
  // One card of 13 digits in ten is also a product number; one number of 19 in groups in ten begins with a card.
  card: { missed: 0.02, wrong: 5 },
  // What was drawn at random may look written.
  'api-key': { missed: 0.02, wrong: 0 },
};

const all = { positives: positives(), negatives: negatives() };

test('the corpus is as large as its documentation says', () => {
  expect(all.positives.length).toBeGreaterThan(3900);
  expect(all.negatives.length).toBeGreaterThan(20_000);
});

describe.each(score(find, all.positives, all.negatives))('$form', ({ form, positives: count, missed, wrong }) => {
  test('finds what it is for', () => {
    const allowed = ALLOWED[form]?.missed ?? 0;
    expect({ missed: missed.length > allowed * count ? missed.map(({ text }) => text) : [] }).toEqual({ missed: [] });
  });

  test('leaves alone what looks like it', () => {
    const allowed = ALLOWED[form]?.wrong ?? 0;
    expect({ wrong: wrong.length > allowed ? wrong.map(({ kind, text }) => [kind, text]) : [] }).toEqual({ wrong: [] });
  });
});

test('of digits drawn at random few are cards to anybody', () => {
  const digits = anyDigits();
  expect(digits.filter((text) => find('card', text).length > 0).length / digits.length).toBeLessThan(0.03);
});
