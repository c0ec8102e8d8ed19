import type { Compared } from './analysis.ts';
import { type Condition, readCondition, type Value } from './conditions.ts';
import type { Cursor } from './cursor.ts';

const EQUAL: ReadonlySet<string> = new Set(['=', '<=>']);

/** The literals and parameters that a WHERE compares with a column by `=` or IN. @param start among the tokens, as `end` */
export function comparedIn(cursor: Cursor, start: number, end: number): readonly Compared[] {
  const comparisons = new Comparisons(cursor);
  comparisons.collect(readCondition(cursor, start, end));
  return comparisons.found;
}

type Span = Pick<Value, 'start' | 'end'>;

/** Goes through a condition in the order of its text. */
class Comparisons {
  readonly found: Compared[] = [];
  readonly #cursor: Cursor;
  /** Tokens before this one hold so many parameters. */
  #counted = 0;
  #parameters = 0;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  collect(condition: Condition): void {
    switch (condition.type) {
      case 'value':
        if (condition.inside !== undefined) this.collect(condition.inside);
        return;
      case 'not':
        this.collect(condition.part);
        return;
      case 'compare':
        this.#compare(condition);
        return;
      case 'other':
        return;
      default:
        for (const part of condition.parts) this.collect(part);
    }
  }

  #compare({ operator, left, right }: Condition & { type: 'compare' }): void {
    const [other, ...more] = right;
    if (other === undefined || more.length > 0) return;
    const column = this.#columnIn(left);
    if (operator === 'IN' && column !== undefined) this.#list(column, other);
    else if (EQUAL.has(operator) && column !== undefined) this.#add(column, other);
    else if (EQUAL.has(operator)) this.#add(this.#columnIn(other), left);
  }

  /** IN (a, b, c) of single tokens. */
  #list(column: string, { start, end }: Span): void {
    const cursor = this.#cursor;
    if (cursor.wordAt(start) !== '(' || cursor.wordAt(end - 1) !== ')' || (end - start) % 2 === 0) return;
    for (let at = start + 2; at < end - 1; at += 2) if (cursor.wordAt(at) !== ',') return;
    for (let at = start + 1; at < end - 1; at += 2) this.#add(column, { start: at, end: at + 1 });
  }

  /** The name of the column that is all of the value: `c`, `t.c`, `s.t.c`. */
  #columnIn({ start, end }: Span): string | undefined {
    const { tokens } = this.#cursor;
    if (![1, 3, 5].includes(end - start)) return undefined;
    for (let at = start; at < end; at += 1) {
      const kind = tokens.kind(at);
      const fits = (at - start) % 2 === 0 ? kind === 'name' || kind === 'word' : this.#cursor.wordAt(at) === '.';
      if (!fits) return undefined;
    }
    return this.#cursor.nameAt(end - 1);
  }

  /** A value of one token, which nothing beside it changes: no second literal that continues it. */
  #add(column: string | undefined, { start, end }: Span): void {
    if (column === undefined || end - start !== 1) return;
    const { tokens } = this.#cursor;
    if (tokens.kind(start) === 'parameter') {
      for (; this.#counted < start; this.#counted += 1) if (tokens.kind(this.#counted) === 'parameter') this.#parameters += 1;
      this.found.push({ column, parameter: this.#parameters });
    }
    const value = this.#cursor.literalAt(start);
    if (value === undefined && tokens.kind(start) !== 'number') return;
    this.found.push({ column, literal: { start: tokens.start(start), end: tokens.end(start), ...(value !== undefined && { value }) } });
  }
}
