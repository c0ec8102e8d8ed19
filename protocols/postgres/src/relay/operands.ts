import type { Catalogue, RelationColumn } from '../catalogue/catalogue.ts';
import type { Binding } from '../classify/analysis.ts';
import { lex } from '../classify/lexer.ts';
import type { Meaning, StatementMeaning } from './meaning.ts';
import type { Protection } from './protection.ts';
import { isSecretName } from './secrets.ts';

/**
 * A value that is compared with a column by `=`, and does nothing else in its text: where a token may
 * be given back its original. Every one of `columns` may be meant, so all must have the token's domain.
 */
export type Operand = {
  /** Each column that the name may mean: one for each schema that has such a table. */
  readonly columns: readonly RelationColumn[];
} & (
  | {
      readonly kind: 'literal';
      /** `[start, end)` of the text as a JavaScript string, quotes included: a plain '…'. */
      readonly start: number;
      readonly end: number;
      /** What it says, without quotes. */
      readonly value: string;
    }
  | {
      readonly kind: 'parameter';
      /** From 0, as Bind counts: 0 is `$1`. */
      readonly index: number;
      /** The value is an array whose elements are compared. */
      readonly array: boolean;
    }
);

/** The text with operands replaced; the others stay byte for byte. @param values by operand */
export function withValues(text: string, values: ReadonlyMap<Operand & { readonly kind: 'literal' }, string>): string {
  let [replaced, from] = ['', 0];
  for (const [{ start, end }, value] of [...values].sort(([one], [other]) => one.start - other.start)) {
    replaced += text.slice(from, start) + quoted(value);
    from = end;
  }
  return replaced + text.slice(from);
}

/** A literal that says so whatever standard_conforming_strings is. */
function quoted(value: string): string {
  const doubled = value.replaceAll("'", "''");
  return value.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

/**
 * The operands of a text's statements. None where names may have come to mean something else, where
 * code that the server does not bring runs, which could keep what it is given, or under EXPLAIN, which shows it.
 */
export function operandsOf({ text, statements, catalogue }: Meaning): readonly Operand[] {
  const literals = new Map<number, readonly RelationColumn[]>();
  const parameters = new Map<number, Operand | undefined>();
  for (const statement of statements) {
    const { analysis, certain, resolved } = statement;
    const { bound } = analysis.bindings ?? NOTHING_BOUND;
    const loose = new Set(analysis.bindings?.loose);
    const trusted = certain && !resolved.opaque && !resolved.class.includes('unknown') && analysis.verb !== 'EXPLAIN';
    for (const binding of bound) {
      const columns = trusted && binding.use === 'equal' ? columnsOf(binding, catalogue) : undefined;
      if (columns !== undefined && binding.array === undefined) for (const literal of binding.literals) literals.set(literal, columns);
      for (const number of binding.parameters) {
        const other = parameters.get(number);
        const fits = columns !== undefined && !loose.has(number) && (!parameters.has(number) || other !== undefined);
        const both = [...new Set([...(other?.columns ?? []), ...(columns ?? [])])];
        parameters.set(number, fits ? { kind: 'parameter', index: number - 1, array: binding.array ?? false, columns: both } : undefined);
      }
    }
  }
  return [...plainLiterals(text, literals), ...[...parameters.values()].filter((operand) => operand !== undefined)];
}

const NOTHING_BOUND = { bound: [], loose: [] };

/** Literals '…' that nothing else has a say in: no prefix, no second literal that continues them. */
function plainLiterals(text: string, wanted: ReadonlyMap<number, readonly RelationColumn[]>): readonly Operand[] {
  if (wanted.size === 0) return [];
  const found: (Operand & { readonly kind: 'literal' })[] = [];
  let [number, afterString, afterFound] = [0, false, false];
  lex(text, true, (kind, start, end) => {
    if (kind === 'space' || kind === 'comment') return;
    if (kind === 'string' && afterFound) found.pop();
    const columns = kind === 'string' || kind === 'number' ? wanted.get(number++) : undefined;
    afterFound = columns !== undefined && text[start] === "'" && !afterString;
    afterString = kind === 'string';
    if (columns !== undefined && afterFound)
      found.push({ kind: 'literal', start, end, columns, value: text.slice(start + 1, end - 1).replaceAll("''", "'") });
  });
  return found;
}

/** What may be recorded of a sealed text: what stands beside a named column that is neither masked nor one of secrets, and nowhere else. */
export interface Readable {
  /** Numbers of literals, as {@link Binding} counts them. */
  readonly literals: ReadonlySet<number>;
  /** Indexes of parameters, as Bind counts them. */
  readonly parameters: ReadonlySet<number>;
}

/** @param protection of the session whose record it is */
export function readableIn(statements: readonly StatementMeaning[], catalogue: Catalogue | undefined, protection: Protection): Readable {
  const literals = new Set<number>();
  const parameters = new Set<number>();
  const hidden = new Set<number>();
  for (const { analysis, certain } of statements) {
    const { bound, loose } = analysis.bindings ?? NOTHING_BOUND;
    for (const number of loose) hidden.add(number - 1);
    for (const binding of bound) {
      const columns = certain ? columnsOf(binding, catalogue) : undefined;
      const clear = !isSecretName(binding.column) && (columns?.every((column) => isClear(column, protection)) ?? false);
      if (clear) for (const literal of binding.literals) literals.add(literal);
      for (const number of binding.parameters) (clear ? parameters : hidden).add(number - 1);
    }
  }
  for (const index of hidden) parameters.delete(index);
  return { literals, parameters };
}

function isClear({ names, origins }: RelationColumn, protection: Protection): boolean {
  return origins !== undefined && protection.maskOf(origins) === undefined && protection.maskOf(names) === undefined;
}

const resolutions = new WeakMap<Binding, { readonly catalogue: Catalogue; readonly columns: readonly RelationColumn[] | undefined }>();

/** The columns that a binding's name may mean: of exactly one of its tables, whichever schema that is in. */
function columnsOf(binding: Binding, catalogue: Catalogue | undefined): readonly RelationColumn[] | undefined {
  if (catalogue === undefined) return undefined;
  let known = resolutions.get(binding);
  if (known?.catalogue !== catalogue) {
    known = { catalogue, columns: resolve(binding, catalogue) };
    resolutions.set(binding, known);
  }
  return known.columns;
}

function resolve({ column, tables }: Binding, catalogue: Catalogue): readonly RelationColumn[] | undefined {
  let found: readonly RelationColumn[] | undefined;
  for (const table of tables) {
    const relations = catalogue.named(table);
    const columns = relations.flatMap((relation) => [...relation.columns.values()].filter(({ name }) => name === column));
    if (relations.length === 0 || (columns.length > 0 && columns.length < relations.length)) return undefined;
    if (columns.length === 0) continue;
    if (found !== undefined) return undefined;
    found = columns;
  }
  return found;
}
