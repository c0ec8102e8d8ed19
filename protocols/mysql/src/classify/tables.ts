import type { NameRef } from './analysis.ts';
import { expression } from './expressions.ts';
import type { Parse } from './parse.ts';
import { JOIN_STOPS, JOIN_WORDS, NO_ALIAS, QUERY_STARTS, SET_OPERATORS } from './words.ts';

/** A table of a FROM list and what its rows are called there. */
interface NamedTable {
  readonly ref: NameRef;
  readonly alias: string;
}

/** What a FROM list holds. */
export interface Tables {
  /** Plain tables only. */
  readonly plain: boolean;
  readonly tables: readonly NamedTable[];
}

/** The table references of FROM or UPDATE, with their joins. @param use what is done to each table */
export function tableReferences(parse: Parse, use: 'read' | 'write' = 'read'): Tables {
  const list = new TableList(parse, use);
  list.references();
  return list;
}

class TableList implements Tables {
  plain = true;
  readonly tables: NamedTable[] = [];
  readonly #parse: Parse;
  readonly #use: 'read' | 'write';

  constructor(parse: Parse, use: 'read' | 'write') {
    this.#parse = parse;
    this.#use = use;
  }

  references(): void {
    const { cursor } = this.#parse;
    do this.#joined();
    while (cursor.accept(','));
  }

  #joined(): void {
    const { cursor } = this.#parse;
    this.#factor();
    for (;;) {
      if (cursor.accept('ON')) expression(this.#parse, JOIN_STOPS);
      else if (cursor.accept('USING')) cursor.skipParentheses();
      else if (cursor.accept('STRAIGHT_JOIN')) this.#factor();
      else if (JOIN_WORDS.has(cursor.word) || cursor.word === 'JOIN') {
        cursor.skipAny(JOIN_WORDS);
        if (!cursor.accept('JOIN')) cursor.expect('STRAIGHT_JOIN');
        this.#factor();
      } else return;
    }
  }

  #factor(): void {
    const { cursor } = this.#parse;
    if (cursor.accept('LATERAL')) this.plain = false;
    if (cursor.word === '(') this.#parenthesis();
    else if (cursor.accept('{')) {
      cursor.expect('OJ');
      cursor.deeper(() => this.#joined());
      cursor.expect('}');
    } else if (cursor.word === 'JSON_TABLE' && cursor.ahead(1) === '(') this.#jsonTable();
    else if (!cursor.accept('DUAL')) this.#table();
  }

  /** A derived table, or references in parentheses. */
  #parenthesis(): void {
    const { cursor, grammar } = this.#parse;
    const plain = cursor.deeper(() => {
      cursor.expect('(');
      const isQuery = QUERY_STARTS.has(cursor.word);
      if (isQuery) grammar.query(this.#parse);
      else this.references();
      const operand = SET_OPERATORS.has(cursor.word) || cursor.word === 'ORDER' || cursor.word === 'LIMIT';
      if (operand) grammar.queryRest(this.#parse);
      cursor.expect(')');
      return !isQuery && !operand;
    });
    this.plain &&= plain;
    if (this.#alias() !== undefined && cursor.word === '(') cursor.skipParentheses();
  }

  #jsonTable(): void {
    const { cursor } = this.#parse;
    this.plain = false;
    cursor.expect('JSON_TABLE', '(');
    expression(this.#parse);
    for (let open = 1; open > 0; cursor.at += 1) {
      if (cursor.at >= cursor.tokens.count || cursor.word === 'SELECT') cursor.fail();
      if (cursor.word === '(') open += 1;
      else if (cursor.word === ')') open -= 1;
    }
    this.#alias();
  }

  #table(): void {
    const { cursor } = this.#parse;
    const name = cursor.named ? cursor.nameAt(cursor.ahead(1) === '.' ? cursor.at + 2 : cursor.at) : '';
    const ref = this.#parse.relation('read');
    if (ref === undefined) this.plain = false;
    else if (this.#use === 'write') this.#parse.survey.relation(ref, 'write');
    if (cursor.accept('PARTITION')) cursor.skipParentheses();
    if (cursor.accept('FOR', 'SYSTEM_TIME')) this.#systemTime();
    const alias = this.#alias() ?? name;
    if (ref !== undefined) this.tables.push({ ref, alias });
    this.#indexHints();
  }

  /** Whose bounds are expressions: no alias may be told from what they end with, so that it is asked for with AS. */
  #systemTime(): void {
    const { cursor } = this.#parse;
    if (cursor.accept('ALL')) return;
    if (!cursor.accept('AS', 'OF') && !cursor.accept('BETWEEN')) cursor.expect('FROM');
    expression(this.#parse, SYSTEM_TIME_STOPS);
    if (cursor.accept('TO')) expression(this.#parse, SYSTEM_TIME_STOPS);
  }

  #alias(): string | undefined {
    const { cursor, survey } = this.#parse;
    if (!cursor.accept('AS') && cursor.kind !== 'name' && (cursor.kind !== 'word' || NO_ALIAS.has(cursor.word))) return undefined;
    const alias = cursor.name();
    survey.aliases.add(alias.toLowerCase());
    return alias;
  }

  #indexHints(): void {
    const { cursor } = this.#parse;
    while (cursor.acceptAny(INDEX_HINTS) !== '') {
      if (!cursor.accept('INDEX')) cursor.expect('KEY');
      if (cursor.accept('FOR') && !cursor.accept('JOIN')) {
        if (!cursor.accept('ORDER')) cursor.expect('GROUP');
        cursor.expect('BY');
      }
      cursor.skipParentheses();
    }
  }
}

const INDEX_HINTS: ReadonlySet<string> = new Set(['USE', 'FORCE', 'IGNORE']);
const SYSTEM_TIME_STOPS: ReadonlySet<string> = new Set([...JOIN_STOPS, 'AS', 'TO']);
