import type { FieldMasks, FieldPlace, Mask } from '@sallyport/core';
import type { FieldStep } from './field-path.ts';

/** What one masking rule masks at which places. */
export interface FieldRule {
  readonly mask: Mask;
  readonly paths: readonly (readonly FieldStep[])[];
}

/** So many places are kept to be used again. Rules have a handful, unless several `..` are followed by many stars. */
const MOST_KEPT = 4096;

/**
 * Brings the places of all rules into one automaton. What it keeps depends on the rules alone, since
 * all names that no rule has lead to the same place.
 *
 * @param rules the strictest first.
 */
export function compileFieldMasks(rules: readonly FieldRule[]): FieldMasks {
  const places = new Places(rules.map(({ mask }) => mask));
  const paths = rules.flatMap(({ paths }, rule) => paths.map((steps) => ({ rule, steps })));
  const whole = paths.find(({ steps }) => steps.length === 0)?.rule ?? rules.length;
  return { root: places.at(whole, new Set(paths.flatMap(({ rule, steps }) => places.ahead(rule, steps) ?? []))) };
}

/** A step that may be taken from a place. */
interface Ahead {
  readonly id: number;
  readonly rule: number;
  readonly step: FieldStep;
  /** undefined: it ends at a place that the rule masks. */
  readonly next: Ahead | undefined;
}

class Places {
  readonly masks: readonly Mask[];
  readonly #kept = new Map<string, Place>();
  #steps = 0;

  constructor(masks: readonly Mask[]) {
    this.masks = masks;
  }

  ahead(rule: number, [step, ...further]: readonly FieldStep[]): Ahead | undefined {
    return step && { id: this.#steps++, rule, step, next: this.ahead(rule, further) };
  }

  /** @param rule the strictest that masks the place; the number of rules where none does. */
  at(rule: number, ahead: ReadonlySet<Ahead>): Place {
    // Below a masked place only a stricter rule changes anything.
    const matters = [...ahead].filter((one) => one.rule < rule).sort((a, b) => a.id - b.id);
    const key = `${rule} ${matters.map(({ id }) => id).join(' ')}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const place = new Place(this, rule, matters);
    if (this.#kept.size < MOST_KEPT) this.#kept.set(key, place);
    return place;
  }

  keeps(): boolean {
    return this.#kept.size < MOST_KEPT;
  }
}

type Key = FieldStep['key'];

class Place implements FieldPlace {
  readonly mask: Mask | undefined;
  readonly clear: boolean;
  readonly #places: Places;
  readonly #rule: number;
  readonly #ahead: readonly Ahead[];
  /** By the keys that rules have here; undefined stands for every other one. */
  readonly #below = new Map<Key, Place | undefined>();

  constructor(places: Places, rule: number, ahead: readonly Ahead[]) {
    this.#places = places;
    this.#rule = rule;
    this.#ahead = ahead;
    this.mask = places.masks[rule];
    this.clear = this.mask === undefined && ahead.length === 0;
    for (const { step } of ahead) this.#below.set(step.key, undefined);
  }

  member(name: string): FieldPlace {
    return this.#down(name);
  }

  element(index: number): FieldPlace {
    return this.#down(index);
  }

  #down(key: Key): FieldPlace {
    if (this.#ahead.length === 0) return this;
    const known = this.#below.has(key) ? key : undefined;
    const below = this.#below.get(known) ?? this.#step(known);
    if (this.#places.keeps()) this.#below.set(known, below);
    return below;
  }

  #step(key: Key): Place {
    let rule = this.#rule;
    const ahead = new Set<Ahead>();
    for (const one of this.#ahead) {
      if (one.step.deep) ahead.add(one);
      if (one.step.key !== undefined && one.step.key !== key) continue;
      if (one.next === undefined) rule = Math.min(rule, one.rule);
      else ahead.add(one.next);
    }
    return this.#places.at(rule, ahead);
  }
}
