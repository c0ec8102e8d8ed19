import { type Gate, MASK_METHODS, type Mask, type TextMask } from '@sallyport/core';
import type { Origin, Relation } from '../catalogue/catalogue.ts';
import { FIRST_OWN_OID, SYSTEM_SCHEMAS } from '../catalogue/queries.ts';

type MaskGate = Pick<Gate, 'maskFor' | 'protectedMask' | 'unmasked' | 'textMask'>;

/**
 * What this session's identity may not see. It is the same as long as the session lives: where a
 * reload of the configuration changes masks, the session ends.
 */
export class Protection {
  readonly #gate: MaskGate;
  /** What {@link covers} says. A catalogue that is read again has other objects. */
  readonly #covered = new WeakMap<Relation, boolean>();

  constructor(gate: MaskGate) {
    this.#gate = gate;
  }

  /** No masking rule on columns concerns this identity. */
  get none(): boolean {
    return this.#gate.unmasked;
  }

  /** Finds what is sensitive by its form, in this identity's sessions. */
  get textMask(): TextMask | undefined {
    return this.#gate.textMask;
  }

  /** No masking rule of any kind concerns this identity: results need not be understood. */
  get blind(): boolean {
    return this.none && this.textMask === undefined;
  }

  /** For values that may come from anywhere in protected data. */
  get mask(): Mask {
    return this.#gate.protectedMask;
  }

  /** The strictest mask of all the names that a value's column has, or had. */
  maskOf(origins: readonly Origin[]): Mask | undefined {
    let strictest: Mask | undefined;
    for (const origin of origins) {
      const mask = this.#gate.maskFor(origin);
      if (mask !== undefined && (strictest === undefined || rank(mask) < rank(strictest))) strictest = mask;
    }
    return strictest;
  }

  /**
   * Some column of it is masked, it shows what the server collected from any table, or it is a view
   * with an expression: that may call a function, and no catalogue says what a function's body reads.
   */
  covers(relation: Relation): boolean {
    let covered = this.#covered.get(relation);
    if (covered === undefined) {
      covered = this.#hides(relation);
      this.#covered.set(relation, covered);
    }
    return covered;
  }

  #hides(relation: Relation): boolean {
    if (relation.collected) return true;
    const system = isSystem(relation);
    for (const { names, origins } of relation.columns.values()) {
      if (origins === undefined ? !system : this.maskOf(origins) !== undefined) return true;
      if (this.maskOf(names) !== undefined) return true;
    }
    return false;
  }
}

/** From 0, the strictest. */
function rank({ method }: Mask): number {
  return MASK_METHODS.indexOf(method);
}

/** The server brought it, by OID and by schema: neither alone proves that. */
export function isSystem({ oid, schema }: Relation): boolean {
  return oid < FIRST_OWN_OID && SYSTEM_SCHEMAS.has(schema);
}
