import { anyOf, type Classification, type CommandClass, type Identity } from '@sallyport/core';
import type { Match } from './config.ts';
import { compileObjects } from './object.ts';
import { compileRelations, type ReadCommand } from './relation.ts';
import { compileStanding, type TargetFacts } from './standing.ts';

/**
 * A `match` or `unless` read in two ways. A command can be several statements, name relations
 * without their schema, or do what nobody can tell from its text; so what restricts goes by what
 * it *may* be, and what permits by what it *surely* is.
 */
export interface CompiledMatch {
  readonly standing: (identity: Identity, target: TargetFacts) => boolean;
  /** Some statement may be meant. */
  may(command: ReadCommand): boolean;
  /** Every statement is meant. */
  surely(command: ReadCommand): boolean;
  /** Every statement is meant, its class aside: the class is counted by {@link named}. */
  surelyButClass(command: ReadCommand): boolean;
  /** Those of the command's classes that are meant by name, or all where no class is named. */
  named(command: ReadCommand): readonly CommandClass[];
  /** {@link named}, and `unknown` where it may hide a class that is meant. */
  suspected(command: ReadCommand): readonly CommandClass[];
}

export function compileMatch(match: Match): CompiledMatch {
  const classes = match.class === undefined ? undefined : new Set(match.class);
  const suspects = classes === undefined ? undefined : withUnknown(classes);
  const verbs = match.verb === undefined ? undefined : anyOf(match.verb.map((verb) => verb.toUpperCase()));
  const relations = match.relations === undefined ? undefined : compileRelations(match.relations);
  const objects = compileObjects(match);
  const extent = ({ unfiltered, launders = false, bytes = 0 }: ReadCommand): boolean =>
    (match.unfiltered === undefined || match.unfiltered === unfiltered) &&
    (match.launders === undefined || match.launders === launders) &&
    (match.bytesOver === undefined || bytes > match.bytesOver);
  const knownSize = ({ bytes = 0 }: ReadCommand): boolean => match.bytesOver === undefined || Number.isFinite(bytes);

  const named = (command: ReadCommand): readonly CommandClass[] => classesOf(command).filter((one) => classes?.has(one) ?? true);
  const suspected = (command: ReadCommand): readonly CommandClass[] => classesOf(command).filter((one) => suspects?.has(one) ?? true);
  const surelyButClass = (command: ReadCommand): boolean =>
    extent(command) &&
    knownSize(command) &&
    objects.surely(command) &&
    (verbs === undefined || (command.verbs.length > 0 && command.verbs.every(verbs))) &&
    (relations === undefined || (knowsRelations(command) && command.readings.length > 0 && command.readings.every(relations.surely)));
  return {
    standing: compileStanding(match),
    named,
    suspected,
    surelyButClass,
    may: (command) =>
      suspected(command).length > 0 &&
      extent(command) &&
      objects.may(command) &&
      (verbs === undefined || command.verbs.some(verbs)) &&
      (relations === undefined || !knowsRelations(command) || command.readings.some(relations.may)),
    surely: (command) => named(command).length === classesOf(command).length && surelyButClass(command),
  };
}

/** A classifier that says nothing has not shown that the command is harmless. */
export function classesOf(command: Classification): readonly CommandClass[] {
  return command.class.length === 0 ? ['unknown'] : command.class;
}

/** Who guards the schema or privileges also guards against what may change them unseen. */
function withUnknown(classes: ReadonlySet<CommandClass>): ReadonlySet<CommandClass> {
  return classes.has('ddl') || classes.has('privilege') ? new Set([...classes, 'unknown']) : classes;
}

/** What an unknown command names is not all that it may reach. */
function knowsRelations(command: ReadCommand): boolean {
  return !classesOf(command).includes('unknown');
}
