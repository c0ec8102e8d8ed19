import { type Condition, dependsOnRow, readCondition, type Value } from './conditions.ts';
import type { Cursor } from './cursor.ts';
import type { Tables } from './tables.ts';

/** What was found of a WHERE: whether it lets every row through, and whether values decided that. */
export interface FilterVerdict {
  readonly unfiltered: boolean;
  /** A literal's value was looked at: another text of the same shape may have another verdict. */
  readonly byValue: boolean;
}

type Truth = boolean | undefined;

/** Longer expressions are not compared with each other. */
const COMPARED_TOKENS = 60;
/** Words by which a subquery may depend on the row outside. */
const NARROWING: ReadonlySet<string> = new Set('WHERE HAVING ON USING LIMIT GROUP UNION EXCEPT INTERSECT LATERAL'.split(' '));
const COMPLEMENTS: Readonly<Record<string, string>> = { '=': '<>', '<>': '=', '!=': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' };

/**
 * Whether an UPDATE or DELETE reaches rows without asking them: its condition does not depend on the
 * row, or provably holds for all rows that have values.
 *
 * @param start first token behind WHERE  @param end behind its last
 */
export function judgeFilter(cursor: Cursor, start: number, end: number, tables: Tables): FilterVerdict {
  const judge = new FilterJudge(cursor, tables);
  const unfiltered = judge.passes(readCondition(cursor, start, end));
  return { unfiltered, byValue: judge.byValue };
}

class FilterJudge {
  byValue = false;
  readonly #cursor: Cursor;
  readonly #tables: Tables;

  constructor(cursor: Cursor, tables: Tables) {
    this.#cursor = cursor;
    this.#tables = tables;
  }

  passes(condition: Condition): boolean {
    if (condition.type === 'value' && condition.inside !== undefined) return this.passes(condition.inside);
    if (condition.type === 'all') return condition.parts.every((part) => this.passes(part));
    if (!dependsOnRow(this.#cursor, condition)) return true;
    return this.#truth(condition) === true;
  }

  /** True or false where that holds whatever the row (NULLs aside); undefined where it cannot be told. */
  #truth(condition: Condition): Truth {
    switch (condition.type) {
      case 'value':
        return this.#valueTruth(condition);
      case 'not': {
        const truth = this.#truth(condition.part);
        return truth === undefined ? undefined : !truth;
      }
      case 'all':
        return both(condition.parts.map((part) => this.#truth(part)));
      case 'any':
        return this.#any(condition.parts);
      case 'odd': {
        const truths = condition.parts.map((part) => this.#truth(part));
        return truths.includes(undefined) ? undefined : truths.filter(Boolean).length % 2 === 1;
      }
      case 'compare': {
        const truth = this.#comparison(condition);
        return truth === undefined || !condition.not ? truth : !truth;
      }
      case 'other':
        return undefined;
    }
  }

  #valueTruth(value: Value): Truth {
    if (value.inside !== undefined) return this.#truth(value.inside);
    const literal = this.#literal(value);
    if (literal !== undefined)
      return typeof literal === 'number' ? literal !== 0 : Number.parseFloat(literal) !== 0 && /^\s*[-+.\d]/.test(literal);
    return this.#withBits(value) || this.#existsAnyway(value) ? true : undefined;
  }

  #any(parts: readonly Condition[]): Truth {
    const truths = parts.map((part) => this.#truth(part));
    if (truths.includes(true)) return true;
    // Beside an OR, what no row has a say in has no business in a filter.
    if (parts.some((part, i) => truths[i] === undefined && !dependsOnRow(this.#cursor, part) && !this.#hasParameter(part))) return true;
    if (this.#covered(parts)) return true;
    return truths.every((truth) => truth === false) ? false : undefined;
  }

  #comparison({ operator, left, right }: Extract<Condition, { type: 'compare' }>): Truth {
    const [first, second] = right as [Value, Value?];
    switch (operator) {
      case 'IS':
        return this.#is(left, first);
      case 'IN':
        return this.#in(left, first);
      case 'BETWEEN':
        return second !== undefined && this.#same(left, first) && this.#same(left, second) ? true : undefined;
      case 'LIKE':
        return this.#same(left, first) || this.#matches(first, /^%+$/) ? true : undefined;
      case 'REGEXP':
      case 'RLIKE':
        return this.#matches(first, /^\^?(\.\*)*\$?$/) ? true : undefined;
      default:
        return this.#compared(operator, left, first);
    }
  }

  #compared(operator: string, left: Value, right: Value): Truth {
    if (this.#same(left, right)) return ['=', '<=>', '<=', '>='].includes(operator);
    const [a, b] = [this.#literal(left), this.#literal(right)];
    if (a === undefined || b === undefined) return undefined;
    const [one, other] = typeof a === typeof b ? [a, b] : [Number(a), Number(b)];
    if (operator === '=' || operator === '<=>') return one === other;
    if (operator === '<>' || operator === '!=') return one !== other;
    return { '<': one < other, '>': one > other, '<=': one <= other, '>=': one >= other }[operator];
  }

  #is(left: Value, right: Value): Truth {
    const what = this.#cursor.wordAt(right.start);
    if (what === 'NULL' || what === 'UNKNOWN') return this.#literal(left) === undefined ? undefined : false;
    const truth = this.#valueTruth(left);
    return truth === undefined ? undefined : truth === (what === 'TRUE');
  }

  #in(left: Value, list: Value): Truth {
    if (list.inside !== undefined && this.#cursor.wordAt(list.start + 1) === 'SELECT') return this.#ownKey(left, list);
    const single = list.inside?.type === 'value' ? list.inside : undefined;
    if (single !== undefined) return this.#compared('=', left, single);
    const items = this.#listItems(list);
    return items.some((item) => this.#compared('=', left, item) === true) ? true : undefined;
  }

  #listItems({ start, end }: Value): Value[] {
    const items: Value[] = [];
    let [from, open] = [start + 1, 0];
    for (let at = start; at < end; at += 1) {
      const word = this.#cursor.wordAt(at);
      if (word === '(') open += 1;
      else if (word === ')') open -= 1;
      if ((word === ',' && open === 1) || open === 0) {
        items.push({ type: 'value', start: from, end: at });
        from = at + 1;
      }
    }
    return items;
  }

  /** `id IN (SELECT id FROM the table itself)` */
  #ownKey(left: Value, list: Value): Truth {
    const { tokens } = this.#cursor;
    const width = left.end - left.start;
    const from = list.start + 2 + width;
    const whole = list.end - list.start === width + 5 && this.#cursor.wordAt(from) === 'FROM';
    if (!whole || !this.#same(left, { type: 'value', start: list.start + 2, end: from })) return undefined;
    const table = this.#cursor.nameAt(from + 1);
    return tokens.kind(from + 1) !== 'symbol' && this.#tables.tables.some(({ ref }) => ref.name === table) ? true : undefined;
  }

  /** EXISTS (SELECT 1), EXISTS (SELECT * FROM t): nothing in it looks at the row. */
  #existsAnyway({ start, end }: Value): boolean {
    if (this.#cursor.wordAt(start) !== 'EXISTS') return false;
    for (let at = start; at < end; at += 1) if (NARROWING.has(this.#cursor.wordAt(at))) return false;
    return true;
  }

  /** `id | 1`: a bit is set whatever the row. */
  #withBits({ start, end }: Value): boolean {
    for (let at = start; at < end; at += 1) {
      if (this.#cursor.wordAt(at) !== '|') continue;
      const [before, after] = [this.#literalAt(at - 1), this.#literalAt(at + 1)];
      if ((before !== undefined && Number(before) > 0) || (after !== undefined && Number(after) > 0)) return true;
    }
    return false;
  }

  #matches(value: Value, pattern: RegExp): boolean {
    const literal = this.#literal(value);
    return typeof literal === 'string' && pattern.test(literal);
  }

  /** Two of the alternatives leave no row out: `a = 1` and `a <> 1`, `a IS NULL` and `a IS NOT NULL`, x and NOT x. */
  #covered(parts: readonly Condition[]): boolean {
    const seen = new Set<string>();
    for (const part of parts) {
      const plain = part.type === 'value' && part.inside !== undefined ? part.inside : part;
      const spelling = this.#spelled(plain);
      if (spelling === undefined) continue;
      seen.add(spelling);
      if (this.#complements(plain, spelling).some((complement) => seen.has(complement))) {
        this.byValue = true;
        return true;
      }
    }
    return false;
  }

  #complements(condition: Condition, spelling: string): string[] {
    const negated = [`NOT ${spelling}`];
    if (condition.type === 'not') negated.push(this.#spelled(condition.part) ?? '');
    if (condition.type !== 'compare') return negated;
    const { operator, not, left, right } = condition;
    const sides = [this.#spelled(left), ...right.map((one) => this.#spelled(one))];
    negated.push([operator, !not, ...sides].join(' '));
    const opposite = COMPLEMENTS[operator];
    if (opposite !== undefined) negated.push([opposite, not, ...sides].join(' '));
    return negated;
  }

  /** The same for the same expression; undefined for a long one. */
  #spelled(condition: Condition): string | undefined {
    if (condition.end - condition.start > COMPARED_TOKENS) return undefined;
    if (condition.type === 'not') return `NOT ${this.#spelled(condition.part) ?? ''}`;
    if (condition.type === 'compare') {
      const { operator, not, left, right } = condition;
      const spelled = operator === '!=' ? '<>' : operator;
      return [spelled, not, this.#spelled(left), ...right.map((one) => this.#spelled(one))].join(' ');
    }
    const parts: string[] = [];
    for (let at = condition.start; at < condition.end; at += 1) {
      const named = this.#cursor.tokens.kind(at) === 'word' || this.#cursor.tokens.kind(at) === 'name';
      parts.push(named ? this.#cursor.nameAt(at).toLowerCase() : this.#cursor.tokens.written(at));
    }
    return parts.join('\u0001');
  }

  /** The same expression, word for word, that no function, variable or parameter makes another each time. */
  #same(left: Value, right: Value): boolean {
    const [one, other] = [unwrapped(left), unwrapped(right)];
    if (one.end - one.start !== other.end - other.start || this.#changes(one)) {
      return this.#unqualified(one) !== undefined && this.#unqualified(one) === this.#unqualified(other);
    }
    const spelling = this.#spelled(one);
    if (spelling === undefined || spelling !== this.#spelled(other)) return false;
    if (this.#literal(one) !== undefined) this.byValue = true;
    return true;
  }

  /** A column's name, for `id = t.id`. */
  #unqualified({ start, end }: Value): string | undefined {
    const { tokens } = this.#cursor;
    const names = (at: number): boolean => tokens.kind(at) === 'word' || tokens.kind(at) === 'name';
    const qualified = end - start === 3 && names(start) && this.#cursor.wordAt(start + 1) === '.';
    if (this.#tables.tables.length !== 1 || !names(end - 1) || !(qualified || end - start === 1)) return undefined;
    const word = this.#cursor.wordAt(end - 1);
    return ['NULL', 'TRUE', 'FALSE'].includes(word) ? undefined : this.#cursor.nameAt(end - 1).toLowerCase();
  }

  #changes({ start, end }: Value): boolean {
    for (let at = start; at < end; at += 1) {
      const kind = this.#cursor.tokens.kind(at);
      if (kind === 'variable' || kind === 'parameter' || this.#cursor.wordAt(at) === '(') return true;
    }
    return false;
  }

  #hasParameter({ start, end }: Condition): boolean {
    for (let at = start; at < end; at += 1) if (this.#cursor.tokens.kind(at) === 'parameter') return true;
    return false;
  }

  #literal(value: Value): string | number | undefined {
    if (value.inside?.type === 'value') return this.#literal(value.inside);
    return value.end - value.start === 1 ? this.#literalAt(value.start) : undefined;
  }

  #literalAt(at: number): string | number | undefined {
    const kind = this.#cursor.tokens.kind(at);
    const word = this.#cursor.wordAt(at);
    if (word === 'TRUE' || word === 'FALSE') return word === 'TRUE' ? 1 : 0;
    if (kind !== 'number' && kind !== 'string') return undefined;
    this.byValue = true;
    const written = this.#cursor.tokens.written(at);
    if (kind === 'number') return Number(written);
    return /^['"]/.test(written) ? written.slice(1, -1) : undefined;
  }
}

function unwrapped(value: Value): Value {
  return value.inside?.type === 'value' ? unwrapped(value.inside) : value;
}

function both(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.every((truth) => truth === true) ? true : undefined;
}
