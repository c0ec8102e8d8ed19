import type { Compared } from '../classify/analysis.ts';
import type { Meaning } from './meaning.ts';
import type { Protection } from './protection.ts';
import { columnOf, type Relation } from './schema.ts';

/** A column that a name of the statement may mean. */
interface NamedColumn {
  readonly relation: Relation;
  /** As the server spells it. */
  readonly column: string;
}

/** The values that a plain query over masked data compares with columns, where that is all that the text does. */
export function comparedIn({ statements, classification, exposed }: Meaning, protection: Protection): readonly Compared[] {
  const [only, ...others] = statements;
  const plain = classification.class.every((one) => one === 'read') && only?.analysis.verb === 'SELECT' && only.analysis.opaque === false;
  return !protection.none && exposed && plain && others.length === 0 ? (only.analysis.compared ?? []) : [];
}

/** Every column that the name may mean; undefined: one of the query's tables is not known. */
export function columnsNamed(name: string, { statements, schema }: Meaning): readonly NamedColumn[] | undefined {
  const found: NamedColumn[] = [];
  for (const { schema: place, name: table } of statements[0]?.analysis.relations ?? []) {
    const relations = schema?.named(place, table) ?? [];
    if (relations.length === 0) return undefined;
    for (const relation of relations) {
      const column = columnOf(relation, name);
      if (column !== undefined) found.push({ relation, column });
    }
  }
  return found;
}

/** What of a sealed text may be recorded as it is. */
export interface ReadableValues {
  /** Where the literals begin. */
  readonly literals: ReadonlySet<number>;
  /** Numbers of parameters, from 0. */
  readonly parameters: ReadonlySet<number>;
}

const NONE: ReadableValues = { literals: new Set(), parameters: new Set() };

/** Literals and parameters that are compared with nothing but columns of tables, known and unmasked. */
export function readableValues(meaning: Meaning, protection: Protection): ReadableValues {
  const { assigns = true, secret = true } = meaning.statements[0]?.analysis ?? {};
  const all = assigns || secret ? [] : comparedIn(meaning, protection);
  const compared = all.filter(({ column }) => isClear(column, meaning, protection));
  if (compared.length === 0) return NONE;
  return {
    literals: new Set(compared.flatMap(({ literal }) => literal?.start ?? [])),
    parameters: new Set(compared.flatMap(({ parameter }) => parameter ?? [])),
  };
}

/** A view's column may be made of masked ones: only tables' columns are what their names say. */
function isClear(name: string, meaning: Meaning, protection: Protection): boolean {
  const columns = columnsNamed(name, meaning) ?? [];
  const clear = ({ relation, column }: NamedColumn): boolean =>
    relation.view === undefined && protection.hides(relation, column) === undefined;
  return columns.length > 0 && columns.every(clear);
}
