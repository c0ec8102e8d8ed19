import type { Command, Gate } from '@sallyport/core';
import type { ParserSettings } from '../classify/analysis.ts';
import { blank } from '../classify/text.ts';
import { STATUS } from '../codec/responses.ts';
import type { Parameter } from '../codec/statements.ts';
import { textOf, valueText } from '../codec/values.ts';
import { readableValues } from './compared-values.ts';
import type { Meaning } from './meaning.ts';
import type { Protection } from './protection.ts';
import { modesOf } from './reading.ts';
import { searchedText } from './scrub.ts';

/** What decides, beside the text itself, what a command does. */
export interface CommandCircumstances {
  /** The command as it came, exactly. */
  readonly bytes: Buffer | string;
  readonly settings: ParserSettings;
  readonly status: number;
  /** Of a prepared statement; long data put in. */
  readonly parameters: readonly Parameter[];
  readonly flags: number;
}

/** A longer value is recorded by its length and fingerprint. */
const MAX_RECORDED_BYTES = 64 * 1024;

type RecordGate = Pick<Gate, 'fingerprint' | 'textMask'>;

/** What policy judges and the record keeps of a command. */
export function commandRecord(meaning: Meaning, circumstances: CommandCircumstances, gate: RecordGate, protection: Protection): Command {
  const { text, sealed, analysis, classification } = meaning;
  const readable = readableValues(meaning, protection);
  const { settings, parameters } = circumstances;
  const digest = digestOf(circumstances, gate);
  const exact = classification.class.includes('unknown') || analysis.failure !== undefined || analysis.byValue === true;
  return {
    ...classification,
    ...(meaning.launders && { launders: true }),
    text: searchedText(sealed ? blank(text, settings, readable.literals) : text, gate.textMask),
    // What nobody understands is granted as it stands, or not at all.
    shape: exact ? `${analysis.shape} -- exactly: ${digest}` : analysis.shape,
    digest,
    parameters: parameters.map((parameter, index) => recordable(parameter, sealed && !readable.parameters.has(index), gate)),
  };
}

/** A bound value as text. One that is not readable, has no text form or is very long becomes its length and keyed digest. */
function recordable({ value, type, unsigned }: Parameter, sealed: boolean, gate: RecordGate): string | null {
  if (value === null || value === undefined) return null;
  const text = sealed || value.length > MAX_RECORDED_BYTES ? undefined : valueText(value, type, unsigned);
  return text !== undefined ? searchedText(text, gate.textMask) : `<${value.length} bytes, hmac ${gate.fingerprint(value).slice(0, 16)}>`;
}

/** A parameter as text, to be looked through. */
export function parameterText({ value }: Parameter): string {
  return value ? (textOf(value) ?? '') : '';
}

function digestOf({ bytes, settings, status, parameters, flags }: CommandCircumstances, gate: Pick<Gate, 'fingerprint'>): string {
  const transaction = String(status & (STATUS.IN_TRANSACTION | STATUS.AUTOCOMMIT));
  const values = parameters.flatMap(({ type, unsigned, value }) => [`${type}${unsigned}`, value ?? (value === null ? 'NULL' : '')]);
  return gate.fingerprint(
    'mysql',
    bytes,
    settings.database ?? '',
    settings.characterSet,
    modesOf(settings),
    transaction,
    String(flags),
    String(parameters.length),
    ...values,
  );
}
