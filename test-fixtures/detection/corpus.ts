import { readFileSync } from 'node:fs';
import { NEGATIVES } from './negatives.ts';
import { type Make, POSITIVES } from './positives.ts';
import { Random } from './random.ts';

export type Form = keyof typeof POSITIVES;
export const FORMS: readonly Form[] = Object.keys(POSITIVES) as Form[];

/** A text that holds something sensitive. */
export interface Positive {
  readonly form: Form;
  readonly text: string;
  /** What a detector of the form must cover. */
  readonly secret: string;
}

/** A text that holds nothing sensitive, of a kind that looks like it. */
export interface Negative {
  readonly kind: string;
  readonly text: string;
}

const SEED = 20_261_121;
const POSITIVES_EACH = 300;
const NEGATIVES_EACH = 800;

/** What stands around a value in databases, logs and messages. `%` is the value. */
const CONTEXTS = [
  '%',
  '%',
  '%',
  'see %',
  '% is mine',
  '"value":"%"',
  "'%'",
  'value=%',
  '(%)',
  '<td>%</td>',
  '%, and more',
  'It was %.',
  'α%ω',
  'a\\n%\\nb',
  '\t%\r\n',
  '|%|',
  '[%]',
  'x: %;',
  '"%",12,"y"',
  '„%“',
];

export function positives(): readonly Positive[] {
  const random = new Random(SEED);
  const made = FORMS.flatMap((form) => Array.from({ length: POSITIVES_EACH }, () => positive(random, form, POSITIVES[form])));
  return [...made, ...written()];
}

function positive(random: Random, form: Form, make: Make): Positive {
  const made = make(random);
  const { text, secret } = typeof made === 'string' ? { text: made, secret: made } : made;
  return { form, text: random.pick(CONTEXTS).replace('%', () => text), secret };
}

export function negatives(): readonly Negative[] {
  const random = new Random(SEED + 1);
  const made = Object.entries(NEGATIVES).flatMap(([kind, make]) =>
    Array.from({ length: NEGATIVES_EACH }, () => ({ kind, text: random.pick(CONTEXTS).replace('%', () => make(random)) })),
  );
  return [...made, ...lines('negatives.txt').map((text) => ({ kind: 'written by hand', text }))];
}

/** Runs of digits as they come, right Luhn digits among them: some of them are cards to everybody. */
export function anyDigits(): readonly string[] {
  const random = new Random(SEED + 2);
  return Array.from({ length: 20_000 }, () => random.digits(random.between(13, 19)));
}

/** Written by hand: the form, a tab, and the text with its secret in double angles. */
function written(): readonly Positive[] {
  return lines('positives.txt').map((line) => {
    const [form = '', marked = ''] = line.split('\t');
    const secret = /⟪(.*)⟫/.exec(marked)?.[1];
    if (secret === undefined || !FORMS.includes(form as Form)) throw new Error(`positives.txt: ${line}`);
    return { form: form as Form, text: marked.replaceAll(/[⟪⟫]/g, ''), secret };
  });
}

function lines(file: string): readonly string[] {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '));
}
