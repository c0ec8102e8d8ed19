import { type Classification, glob } from '@sallyport/core';

interface Name {
  /** Absent: the target decides. */
  readonly schema?: string;
  readonly name: string;
}

/** Everything that a relation of a command can mean, as it stands and with its case folded. */
interface Readings {
  readonly exact: readonly Name[];
  readonly folded: readonly Name[];
}

/** A command whose relations were read once for all rules. */
export interface ReadCommand extends Classification {
  readonly readings: readonly Readings[];
}

/** By the list of a command's relations, which stays the same object while a statement is known. */
const known = new WeakMap<readonly string[], readonly Readings[]>();

export function readCommand(command: Classification): ReadCommand {
  let readings = known.get(command.relations);
  if (readings === undefined) {
    readings = command.relations.map((relation) => ({ exact: read(relation), folded: read(relation.toLowerCase()) }));
    known.set(command.relations, readings);
  }
  return { ...command, readings };
}

/** A quoted name may hold dots itself, so where there are several each may be the border. */
function read(relation: string): readonly Name[] {
  const dot = relation.indexOf('.');
  if (dot < 0) return [{ name: relation }];
  const names: Name[] = [];
  for (let at = dot; at >= 0; at = relation.indexOf('.', at + 1)) {
    names.push({ schema: relation.slice(0, at), name: relation.slice(at + 1) });
  }
  return names.length === 1 ? names : [{ name: relation }, ...names];
}

/**
 * A rule's word about relations, taken in two ways, because a name can leave open what it means:
 * `users` is `public.users` or somebody's own, as search_path decides on the target.
 */
export interface RelationTest {
  /** The relation could be one of those meant: what restricts goes by this. */
  may(relation: Readings): boolean;
  /** The relation cannot be any other: what permits goes by this. */
  surely(relation: Readings): boolean;
}

/** @param patterns globs, `schema.name` or `name` in any schema. */
export function compileRelations(patterns: readonly string[]): RelationTest {
  const exact = patterns.map(compileOne);
  // A target folds unquoted names, and a rule may be written either way: restrict whatever the case.
  const folded = patterns.map((pattern) => compileOne(pattern.toLowerCase()));
  return {
    may: (relation) => relation.folded.some((name) => folded.some((one) => one.may(name))),
    surely: (relation) => relation.exact.every((name) => exact.some((one) => one.surely(name))),
  };
}

function compileOne(pattern: string): { may(name: Name): boolean; surely(name: Name): boolean } {
  const dot = pattern.indexOf('.');
  const isSchema = glob(dot < 0 ? '*' : pattern.slice(0, dot));
  const isName = glob(pattern.slice(dot + 1));
  const anySchema = dot < 0 || pattern.slice(0, dot) === '*';
  return {
    may: ({ schema, name }) => isName(name) && (schema === undefined || isSchema(schema)),
    surely: ({ schema, name }) => isName(name) && (schema === undefined ? anySchema : isSchema(schema)),
  };
}
