import type { Classification } from '@sallyport/core';
import type { Judgement } from './judgement.ts';

/** What rules and their sentences look at in a command that names nothing but relations. */
type Facts = Pick<Classification, 'class' | 'verbs' | 'unfiltered' | 'launders' | 'reason'>;

/**
 * What was said to commands that come again, for one subject. A protocol that knows a statement gives the same lists for
 * it again, so that a look-up takes the place of going through the rules. What commands name besides relations differs
 * from one to the next: those are judged each time.
 */
export class KnownJudgements {
  /** By the list of a command's relations. */
  readonly #known = new WeakMap<readonly string[], { readonly facts: Facts; readonly judgement: Judgement }>();

  of(command: Classification, judge: () => Judgement): Judgement {
    if (command.objects !== undefined || command.incomplete !== undefined || command.bytes !== undefined) return judge();
    const known = this.#known.get(command.relations);
    if (known !== undefined && alike(known.facts, command)) return known.judgement;
    const judgement = judge();
    const { class: classes, verbs, unfiltered, launders, reason } = command;
    const facts = {
      class: classes,
      verbs,
      unfiltered,
      ...(launders !== undefined && { launders }),
      ...(reason !== undefined && { reason }),
    };
    this.#known.set(command.relations, { facts, judgement });
    return judgement;
  }
}

function alike(one: Facts, other: Facts): boolean {
  return (
    one.class === other.class &&
    one.verbs === other.verbs &&
    one.unfiltered === other.unfiltered &&
    one.launders === other.launders &&
    one.reason === other.reason
  );
}
