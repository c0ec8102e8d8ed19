import type { Command, Gate } from '@sallyport/core';
import type { Analysis, ParserSettings } from '../classify/analysis.ts';
import { type Blanking, blank } from '../classify/blanking.ts';
import type { TransactionStatus } from '../codec/query.ts';
import type { Indirect } from './indirection.ts';
import { type Meaning, RUNS_CODE } from './meaning.ts';
import { searchedText } from './message-search.ts';
import type { Readable } from './operands.ts';
import { recordable } from './parameters.ts';
import { isConnection, isSecretName, tellsOfSecrets } from './secrets.ts';
import type { BoundValues, Statement } from './statement.ts';

/** What decides, beside the text itself, what a command does. */
export interface CommandCircumstances {
  readonly database: string;
  readonly settings: ParserSettings;
  readonly status: TransactionStatus;
  /** For an Execute: what was bound, to what, and how many rows are asked for. */
  readonly bound?: BoundValues | undefined;
  readonly statement?: Statement | undefined;
  readonly rowLimit: number;
  /** What its EXECUTEs and FETCHes run. */
  readonly indirect: readonly Indirect[];
}

/** What policy judges and the record keeps of a command. */
export function commandRecord(
  meaning: Meaning,
  circumstances: CommandCircumstances,
  gate: Pick<Gate, 'fingerprint' | 'textMask'>,
): Command {
  const { resolved, sealed } = meaning;
  const readable = sealed ? meaning.readable() : undefined;
  const { bound, statement, indirect } = circumstances;
  const digest = digestOf(meaning.text, circumstances, gate);
  return {
    class: resolved.class,
    verbs: resolved.verbs,
    relations: resolved.relations,
    unfiltered: resolved.unfiltered,
    ...(meaning.launders && { launders: true }),
    ...(resolved.reason !== undefined && { reason: resolved.reason }),
    text: searchedText(recordableText(meaning, circumstances, readable), gate.textMask),
    shape: shapeOf(meaning, indirect, digest),
    digest,
    parameters:
      bound === undefined
        ? []
        : recordable(bound, statement?.parameterTypes ?? [], (index) => !sealed || readable?.parameters.has(index) === true, gate),
  };
}

/** Between a text and those that run with it. No shape can contain it: comments are gone from shapes. */
const RUNS = ' -- runs: ';

/**
 * The text and what it runs by name. Whoever may not see protected data may not read it in a text
 * either, so approvers see such a text without the literals that may be of it; where these are code,
 * with its length.
 */
function recordableText(meaning: Meaning, { indirect, settings }: CommandCircumstances, readable: Readable | undefined): string {
  const { text, analysis, sealed, exposed } = meaning;
  if (!sealed && indirect.length === 0) return text;
  const others = indirect.map(({ statement }) => statement);
  if (!sealed && !others.some((other) => tellsOfSecrets(other.text))) return [text, ...others.map((other) => other.text)].join(RUNS);
  const own = readable === undefined ? sealing(analysis, exposed) : { keeps: keeping(readable) };
  return [
    sealedText(text, analysis, settings, own),
    ...others.map((other) => sealedText(other.text, other.analysis, settings, sealing(other.analysis, exposed))),
  ].join(RUNS);
}

function sealedText(text: string, analysis: Analysis, { standardConformingStrings }: ParserSettings, blanking: Blanking): string {
  const blanked = blank(text, standardConformingStrings, blanking);
  return runsCode(analysis) ? `${blanked} -- sealed: ${Buffer.byteLength(text)} bytes` : blanked;
}

/** No literal stays, and no bare word in place of one; where only secrets are feared, numbers do. */
function sealing({ failure }: Analysis, exposed: boolean): Blanking {
  const blanking = { identifiers: failure !== undefined, secret: isSecretName };
  if (exposed || failure !== undefined) return blanking;
  return { ...blanking, keeps: (_literal, written) => /^[.\d]/.test(written) };
}

function keeping({ literals }: Readable): Required<Blanking>['keeps'] {
  return (literal, written) => literals.has(literal) && !isConnection(written);
}

function runsCode({ statements }: Analysis): boolean {
  return statements.some(({ verbs }) => verbs.some((verb) => RUNS_CODE.has(verb)));
}

/** What a grant for a shape binds to: where literals may be code, or decide what runs, the exact command. */
function shapeOf({ analysis, resolved }: Meaning, indirect: readonly Indirect[], digest: string): string {
  const analyses = [analysis, ...indirect.map(({ statement }) => statement.analysis)];
  const shape = analyses.map((one) => one.shape).join(RUNS);
  const exact = resolved.opaque || resolved.class.includes('unknown') || analyses.some((one) => one.byValue);
  return exact ? `${shape} -- exactly: ${digest}` : shape;
}

function digestOf(text: string, circumstances: CommandCircumstances, gate: Pick<Gate, 'fingerprint'>): string {
  const { database, settings, status, bound, statement, rowLimit } = circumstances;
  const strings = settings.standardConformingStrings ? 'on' : 'off';
  const runs = circumstances.indirect.flatMap((inner) => [
    inner.statement.text,
    typesOf(inner.statement),
    packed(inner.bound?.values ?? []),
  ]);
  if (bound === undefined) return gate.fingerprint('postgres simple', text, database, strings, status, ...runs);
  const formats = `${bound.formats.join()};${bound.resultFormats.join()};${rowLimit}`;
  return gate.fingerprint('postgres extended', text, database, strings, status, typesOf(statement), formats, packed(bound.values), ...runs);
}

function typesOf(statement: Statement | undefined): string {
  return (statement?.parameterTypes ?? []).join();
}

/** The values as one part, as Bind has them: `length Int32, -1 for NULL | bytes`. There may be 65,535. */
function packed(values: BoundValues['values']): Buffer {
  const packed = Buffer.allocUnsafe(values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), 0));
  let at = 0;
  for (const value of values) {
    at = packed.writeInt32BE(value?.length ?? -1, at);
    if (value !== null) at += value.copy(packed, at);
  }
  return packed;
}
