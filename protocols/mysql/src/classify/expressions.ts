import { BOUND_TO_PARENTHESIS, effectOf, isPure, SEQUENCE_FUNCTIONS, UNIT_FIRST } from './functions.ts';
import type { Parse, Uses } from './parse.ts';
import { noUses } from './parse.ts';
import { refuse } from './refusal.ts';
import { BEHIND_VALUE, CONSTANT_WORDS, INTRODUCERS, OPERATOR_WORDS, SET_OPERATORS } from './words.ts';

const NO_STOPS: ReadonlySet<string> = new Set();
const CASE_WORDS: ReadonlySet<string> = new Set(['WHEN', 'THEN', 'ELSE', 'END']);
/** Words that begin a condition or literal when a parenthesis or literal follows, else they are names. */
const BEFORE_PARENTHESIS: ReadonlySet<string> = new Set(['ANY', 'SOME', 'ROW']);
const BEFORE_LITERAL: ReadonlySet<string> = new Set(['DATE', 'TIME', 'TIMESTAMP']);

/**
 * Walks over one expression: to a comma, a closing parenthesis or one of `stops` outside of parentheses, or the
 * statement's end. No tree is built; every token is looked at, so that no call and no query can hide.
 */
export function expression(parse: Parse, stops: ReadonlySet<string> = NO_STOPS, uses: Uses = noUses()): void {
  new ExpressionWalk(parse, stops, uses).run();
}

/** Expressions with commas between them. */
export function expressions(parse: Parse, stops: ReadonlySet<string> = NO_STOPS, uses: Uses = noUses()): void {
  do expression(parse, stops, uses);
  while (parse.cursor.accept(','));
}

/** A parenthesis with expressions or a query in it. */
export function group(parse: Parse, uses: Uses = noUses()): void {
  const { cursor } = parse;
  cursor.deeper(() => {
    cursor.expect('(');
    if (cursor.word === 'WITH') subquery(parse, uses);
    if (!cursor.accept(')')) {
      expressions(parse, NO_STOPS, uses);
      cursor.expect(')');
    }
  });
}

function subquery(parse: Parse, uses: Uses): void {
  uses.opaque = true;
  uses.computed = true;
  parse.survey.reads += 1;
  parse.grammar.query(parse);
}

class ExpressionWalk {
  readonly #parse: Parse;
  readonly #stops: ReadonlySet<string>;
  readonly #uses: Uses;
  /** A value stands before the cursor: what follows is an operator, an alias or a unit. */
  #operand = false;
  #cases = 0;
  /** {@link Survey.reads} where an assignment to a variable began. */
  #assigning: number | undefined;

  constructor(parse: Parse, stops: ReadonlySet<string>, uses: Uses) {
    this.#parse = parse;
    this.#stops = stops;
    this.#uses = uses;
  }

  run(): void {
    const { cursor, survey } = this.#parse;
    while (!cursor.ended && this.#step());
    if (this.#assigning !== undefined && survey.reads > this.#assigning) survey.copies = true;
  }

  /** @returns false where the expression ends */
  #step(): boolean {
    const { cursor } = this.#parse;
    switch (cursor.kind) {
      case 'parameter':
        this.#uses.opaque = true;
        this.#uses.computed = true;
        return this.#value();
      case 'string':
      case 'number':
        return this.#value();
      case 'variable':
        return this.#variable();
      case 'name':
        return this.#name();
      case 'symbol':
        return this.#symbol(cursor.word);
      default:
        return this.#word(cursor.word);
    }
  }

  #value(): true {
    this.#parse.cursor.at += 1;
    this.#operand = true;
    return true;
  }

  #operator(): true {
    this.#parse.cursor.at += 1;
    this.#operand = false;
    return true;
  }

  #variable(): true {
    const { cursor, survey } = this.#parse;
    this.#uses.opaque = true;
    this.#uses.computed = true;
    this.#value();
    if (cursor.accept(':=')) {
      survey.add('session');
      survey.assigns = true;
      this.#assigning ??= survey.reads;
      this.#operand = false;
    }
    return true;
  }

  #symbol(symbol: string): boolean {
    const { cursor } = this.#parse;
    switch (symbol) {
      case ')':
      case ',':
      case '}':
        return false;
      case '(':
        group(this.#parse, this.#uses);
        this.#operand = true;
        return true;
      case '{':
        cursor.at += 1;
        cursor.name(); // {d '…'}, {fn f()}
        cursor.deeper(() => expression(this.#parse, NO_STOPS, this.#uses));
        cursor.expect('}');
        this.#operand = true;
        return true;
      case '@@':
        this.#uses.computed = true;
        cursor.at += 1;
        do cursor.name();
        while (cursor.accept('.'));
        this.#operand = true;
        return true;
      case '*':
        return this.#operand ? this.#operator() : this.#value(); // count(*)
      case ':=':
      case ':':
      case '.':
        return cursor.fail();
      default:
        return this.#operator();
    }
  }

  #word(word: string): boolean {
    const { cursor, survey } = this.#parse;
    const within = this.#cases > 0 && CASE_WORDS.has(word);
    const call = cursor.ahead(1) === '(';
    if (!within && this.#stops.has(word) && !(call && (word === 'LEFT' || word === 'RIGHT'))) return false;
    if (word === 'SELECT' || word === 'TABLE') {
      subquery(this.#parse, this.#uses);
      this.#operand = true;
      return true;
    }
    if (word === 'CASE') {
      this.#cases += 1;
      return this.#operator();
    }
    if (within && word === 'END') {
      this.#cases -= 1;
      return this.#value();
    }
    if (SET_OPERATORS.has(word)) {
      survey.reads += 1;
      this.#uses.opaque = true;
      this.#uses.computed = true;
      return this.#operator();
    }
    if (word === 'COLLATE') {
      cursor.at += 1;
      if (cursor.kind !== 'string') cursor.name();
      else cursor.at += 1;
      this.#operand = true;
      return true;
    }
    return this.#plainWord(word, call);
  }

  #plainWord(word: string, call: boolean): boolean {
    const { cursor } = this.#parse;
    const follower = cursor.tokens.kind(cursor.at + 1);
    if (word === 'OVER' && this.#operand) this.#uses.opaque = true;
    if (word === 'VALUES' && !call) return this.#operator();
    if (word === 'INTERVAL' || word === 'MOD') return call && !this.#operand ? this.#call() : this.#operator();
    if (OPERATOR_WORDS.has(word) || (this.#operand && BEHIND_VALUE.has(word))) return this.#operator();
    if (BEFORE_PARENTHESIS.has(word) && call) return this.#operator();
    if (follower === 'string' && (INTRODUCERS.has(word) || (BEFORE_LITERAL.has(word) && !this.#operand))) return this.#operator();
    if (this.#sequenceValue(word)) return true;
    if (this.#operand && cursor.ahead(2) === '(' && cursor.accept('WITHIN', 'GROUP')) return true;
    if (!call && CONSTANT_WORDS.has(word) && cursor.ahead(1) !== '.') return this.#constant(word);
    return this.#name();
  }

  #constant(word: string): true {
    if (!['NULL', '\\N', 'TRUE', 'FALSE'].includes(word)) this.#uses.computed = true;
    return this.#value();
  }

  /** NEXT VALUE FOR s, PREVIOUS VALUE FOR s */
  #sequenceValue(word: string): boolean {
    const { cursor, survey } = this.#parse;
    if ((word !== 'NEXT' && word !== 'PREVIOUS') || !cursor.accept(word, 'VALUE', 'FOR')) return false;
    this.#parse.relation(word === 'NEXT' ? 'write' : 'read');
    if (word === 'NEXT') survey.add('write');
    this.#uses.opaque = true;
    this.#uses.computed = true;
    this.#operand = true;
    return true;
  }

  /** A column, an alias or unit behind a value, or a call. */
  #name(): true {
    const { cursor, survey } = this.#parse;
    const first = cursor.at;
    const parts: string[] = [];
    let starred = false;
    do {
      starred = parts.length > 0 && cursor.word === '*';
      if (starred) cursor.at += 1;
      else parts.push(cursor.name());
    } while (!starred && cursor.accept('.'));
    if (!starred && cursor.word === '(') {
      cursor.at = first;
      return this.#call();
    }
    if (this.#operand && parts.length === 1) {
      this.#operand = !beginsOperand(cursor); // `a alias`; `a WORD b` is some operator
      return true;
    }
    survey.reads += 1;
    const qualifier = parts.at(-2);
    if (starred) this.#uses.opaque = true;
    this.#uses.computed = true;
    this.#uses.columns.push({ name: parts.at(-1) ?? '', ...(qualifier !== undefined && { qualifier }) });
    this.#operand = true;
    return true;
  }

  #call(): true {
    const { cursor, survey } = this.#parse;
    this.#uses.computed = true;
    this.#operand = true;
    const quoted = cursor.kind === 'name';
    const word = cursor.word;
    const ref = this.#parse.ref();
    const adjoined = cursor.adjoins || this.#parse.settings.sqlMode?.has('IGNORE_SPACE') === true;
    const { settings } = this.#parse;
    const effect = effectOf(word, settings.family);
    const own = !quoted && (adjoined || !BOUND_TO_PARENTHESIS.has(word)) && (effect !== undefined || isPure(word, settings));
    if (!own) {
      callRoutine(this.#parse, ref);
      this.#uses.opaque = true;
      return this.#arguments();
    }
    if (effect === undefined) return this.#special(word);
    this.#uses.opaque = true;
    if (effect === 'read') return this.#special(word);
    const before = survey.reads;
    this.#special(word);
    survey.add(effect);
    // LAST_INSERT_ID(a) keeps a value for the next to ask, a lock has it for a name.
    if (survey.reads > before && !NAMES_SEQUENCE.has(word)) survey.copies = true;
    if (effect === 'admin') {
      survey.opaque = true;
      survey.reads += 1;
    }
    return true;
  }

  #special(word: string): true {
    const { cursor } = this.#parse;
    if (SEQUENCE_FUNCTIONS.has(word)) {
      cursor.expect('(');
      this.#parse.relation(word === 'LASTVAL' ? 'read' : 'write');
      if (cursor.accept(',')) expressions(this.#parse, NO_STOPS, this.#uses);
      cursor.expect(')');
      return true;
    }
    if (word === 'VALUES' || word === 'VALUE') return this.#newRow();
    if (word === 'CAST' || word === 'CONVERT') return this.#conversion(word === 'CAST' ? 'AS' : ',');
    if (UNIT_FIRST.has(word)) {
      cursor.expect('(');
      cursor.name();
      cursor.at += 1; // a comma, or FROM
      expressions(this.#parse, NO_STOPS, this.#uses);
      cursor.expect(')');
      return true;
    }
    return this.#arguments();
  }

  #arguments(): true {
    group(this.#parse, this.#uses);
    return true;
  }

  /** VALUES(column) of ON DUPLICATE KEY UPDATE: from the row that was to be inserted. As VALUES (a), (b) it is a query. */
  #newRow(): true {
    const { cursor } = this.#parse;
    const plain = cursor.tokens.kind(cursor.at + 1) !== 'number' && cursor.ahead(2) === ')';
    const named = cursor.tokens.kind(cursor.at + 1) === 'word' || cursor.tokens.kind(cursor.at + 1) === 'name';
    this.#uses.opaque = true;
    if (!plain || !named) return this.#arguments();
    cursor.at += 3;
    return true;
  }

  /** Behind the value stands a type or a character set. */
  #conversion(behind: 'AS' | ','): true {
    const { cursor } = this.#parse;
    cursor.deeper(() => {
      cursor.expect('(');
      expression(this.#parse, CONVERSION_STOPS, this.#uses);
      if (!cursor.accept(behind) && !cursor.accept('USING')) cursor.fail();
      while (!cursor.accept(')')) {
        if (cursor.word === '(') cursor.skipParentheses();
        else if (cursor.ended || cursor.word === 'SELECT') cursor.fail();
        else cursor.at += 1;
      }
    });
    return true;
  }
}

/** What they read is the sequence itself. */
const NAMES_SEQUENCE: ReadonlySet<string> = new Set(['NEXTVAL', 'LASTVAL']);
const CONVERSION_STOPS: ReadonlySet<string> = new Set(['AS', 'USING']);

function beginsOperand(cursor: Parse['cursor']): boolean {
  switch (cursor.kind) {
    case 'word':
      return !OPERATOR_WORDS.has(cursor.word) && !CASE_WORDS.has(cursor.word) && !SET_OPERATORS.has(cursor.word);
    case 'symbol':
      return cursor.word === '(' || cursor.word === '@@';
    case undefined:
      return false;
    default:
      return true;
  }
}

/** A stored or loaded function: it may do anything. */
function callRoutine(parse: Parse, ref: { readonly schema?: string; readonly name: string }): void {
  const { survey, settings } = parse;
  survey.routine(ref);
  survey.opaque = true;
  survey.reads += 1;
  const listed = ref.schema !== undefined && settings.functions.has(`${ref.schema}.${ref.name}`.toLowerCase());
  if (!listed)
    survey.unknown('The statement calls a function that the server does not bring and the target does not list under `functions`.');
  if (ref.name === '') refuse('A function without a name is called.');
}
