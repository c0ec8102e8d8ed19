import { FORMS, type Form, type Negative, type Positive } from './corpus.ts';

/** What a detector finds in a text, as the parts of it that it would mask. */
export type Find = (form: Form, text: string) => readonly string[];

/** How one detector did. */
export interface Score {
  readonly form: Form;
  readonly positives: number;
  /** Positives of which something stays visible. */
  readonly missed: readonly Positive[];
  /** Negatives in which something was found. */
  readonly wrong: readonly Negative[];
  /** Hits in texts that are positives of another form. */
  readonly elsewhere: readonly Positive[];
}

export function score(find: Find, positives: readonly Positive[], negatives: readonly Negative[]): readonly Score[] {
  return FORMS.map((form) => {
    const own = positives.filter((one) => one.form === form);
    return {
      form,
      positives: own.length,
      missed: own.filter(({ text, secret }) => !find(form, text).some((hit) => hit.includes(secret))),
      wrong: negatives.filter(({ text }) => find(form, text).length > 0),
      elsewhere: positives.filter((one) => one.form !== form && find(form, one.text).length > 0),
    };
  });
}
