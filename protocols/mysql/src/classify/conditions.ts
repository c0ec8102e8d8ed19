import type { Cursor } from './cursor.ts';
import { CONSTANT_WORDS, OPERATOR_WORDS } from './words.ts';

/** `[start, end)` among the tokens. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** What stands on a side of a comparison, or alone. `inside`: it is a condition in parentheses. */
export interface Value extends Span {
  readonly type: 'value';
  readonly inside?: Condition;
}

/**
 * A condition as far as its logic goes.
 * - `compare`: operator, left, right. LIKE, REGEXP, IN and BETWEEN too, with all that is on the right; `not` negates it.
 */
export type Condition =
  | Value
  | (Span & { readonly type: 'all' | 'any' | 'odd'; readonly parts: readonly Condition[] })
  | (Span & { readonly type: 'not'; readonly part: Condition })
  | (Span & {
      readonly type: 'compare';
      readonly operator: string;
      readonly not: boolean;
      readonly left: Value;
      readonly right: readonly Value[];
    })
  | (Span & { readonly type: 'other' });

const OPERATORS: ReadonlySet<string> = new Set([
  '=',
  '<=>',
  '<',
  '>',
  '<=',
  '>=',
  '<>',
  '!=',
  'LIKE',
  'REGEXP',
  'RLIKE',
  'IN',
  'BETWEEN',
  'IS',
]);
const LOGIC: ReadonlySet<string> = new Set(['AND', '&&', 'OR', '||', 'XOR', 'NOT', 'ESCAPE']);
const CONNECTIVES = { or: ['OR', '||'], xor: ['XOR'], and: ['AND', '&&'] };
const MAX_DEPTH = 100;

/** Reads the tokens of a WHERE, which an expression's walk has accepted. What has no logic is `other`. */
export function readCondition(cursor: Cursor, start: number, end: number): Condition {
  return new Reader(cursor, start, end, 0).condition();
}

class Reader {
  readonly #cursor: Cursor;
  readonly #end: number;
  readonly #depth: number;
  #at: number;

  constructor(cursor: Cursor, start: number, end: number, depth: number) {
    this.#cursor = cursor;
    this.#at = start;
    this.#end = end;
    this.#depth = depth;
  }

  condition(): Condition {
    return this.#chain('any', CONNECTIVES.or, () =>
      this.#chain('odd', CONNECTIVES.xor, () => this.#chain('all', CONNECTIVES.and, () => this.#negation())),
    );
  }

  get #word(): string {
    return this.#at < this.#end ? this.#cursor.wordAt(this.#at) : '';
  }

  #chain(type: 'all' | 'any' | 'odd', connectives: readonly string[], part: () => Condition): Condition {
    const start = this.#at;
    const first = part();
    if (!connectives.includes(this.#word)) return first;
    const parts = [first];
    while (connectives.includes(this.#word)) {
      this.#at += 1;
      parts.push(part());
    }
    return { type, parts, start, end: this.#at };
  }

  #negation(): Condition {
    const start = this.#at;
    let negations = 0;
    while (this.#word === 'NOT' || this.#word === '!') {
      negations += 1;
      this.#at += 1;
    }
    const part = this.#predicate();
    return negations % 2 === 1 ? { type: 'not', part, start, end: this.#at } : part;
  }

  #predicate(): Condition {
    const start = this.#at;
    const left = this.#value();
    let found: Condition = left;
    while (OPERATORS.has(this.#word) || (this.#word === 'NOT' && OPERATORS.has(this.#cursor.wordAt(this.#at + 1)))) {
      const comparison = this.#comparison(left, start);
      found = found === left ? comparison : { type: 'other', start, end: this.#at };
    }
    if (this.#at < this.#end && !LOGIC.has(this.#word)) {
      this.#at = this.#end; // nothing that logic knows
      return { type: 'other', start, end: this.#end };
    }
    return found;
  }

  #comparison(left: Value, start: number): Condition {
    let not = this.#word === 'NOT';
    if (not) this.#at += 1;
    const operator = this.#word;
    this.#at += 1;
    if (operator === 'IS' && this.#word === 'NOT') {
      not = true;
      this.#at += 1;
    }
    const right = [this.#value()];
    if (operator === 'BETWEEN' && this.#word === 'AND') {
      this.#at += 1;
      right.push(this.#value());
    }
    if (this.#word === 'ESCAPE') {
      this.#at += 1;
      this.#value();
    }
    return { type: 'compare', operator, not, left, right, start, end: this.#at };
  }

  /** Up to the next operator of logic or comparison outside of parentheses and CASE. */
  #value(): Value {
    const start = this.#at;
    let open = 0;
    while (this.#at < this.#end) {
      const word = this.#word;
      if (open === 0 && (OPERATORS.has(word) || LOGIC.has(word))) break;
      if (word === '(' || word === 'CASE') open += 1;
      else if (word === ')' || (word === 'END' && open > 0)) open -= 1;
      this.#at += 1;
    }
    return { type: 'value', start, end: this.#at, ...this.#inside(start) };
  }

  #inside(start: number): { inside?: Condition } {
    const [first, last] = [start, this.#at - 1];
    if (last <= first || this.#cursor.wordAt(first) !== '(' || this.#depth >= MAX_DEPTH) return {};
    let open = 0;
    for (let at = first; at <= last; at += 1) {
      const word = this.#cursor.wordAt(at);
      if (word === '(') open += 1;
      else if (word === ')') open -= 1;
      if (open === 0 && at < last) return {};
      if (open === 1 && word === ',') return {};
    }
    return { inside: new Reader(this.#cursor, first + 1, last, this.#depth + 1).condition() };
  }
}

const UNITS: ReadonlySet<string> = new Set(
  `MICROSECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR SECOND_MICROSECOND MINUTE_MICROSECOND MINUTE_SECOND HOUR_MICROSECOND HOUR_SECOND
  HOUR_MINUTE DAY_MICROSECOND DAY_SECOND DAY_MINUTE DAY_HOUR YEAR_MONTH`.split(/\s+/),
);

/** Whether it may have another value for another row: a column, or a table, is named in it. */
export function dependsOnRow(cursor: Cursor, { start, end }: Span): boolean {
  const { tokens } = cursor;
  for (let at = start; at < end; at += 1) {
    const kind = tokens.kind(at);
    if (kind === 'name') return true;
    if (kind !== 'word') continue;
    const word = cursor.wordAt(at);
    const call = cursor.wordAt(at + 1) === '(';
    const before = tokens.kind(at - 1);
    const unit = UNITS.has(word) && (before === 'number' || before === 'string' || before === 'variable' || cursor.wordAt(at - 1) === ')');
    const constant = CONSTANT_WORDS.has(word) || OPERATOR_WORDS.has(word) || word.startsWith('_') || NO_COLUMNS.has(word);
    if (!call && !unit && !constant) return true;
  }
  return false;
}

const NO_COLUMNS: ReadonlySet<string> = new Set(['SELECT', 'CASE', 'END', 'COLLATE', 'UNKNOWN', 'DUAL']);
