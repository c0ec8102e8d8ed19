import { fault, lex, type Token } from './lexer.ts';

/** What stands at the top of an operation or fragment; what is selected below its fields is checked and forgotten. */
export interface Selections {
  /** Names of fields, not their aliases. */
  readonly fields: readonly string[];
  /** Names of fragments that are spread. */
  readonly spreads: readonly string[];
}

export interface Operation extends Selections {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string | undefined;
}

/** An executable document. */
export interface Document {
  readonly operations: readonly Operation[];
  readonly fragments: ReadonlyMap<string, Selections>;
}

/** Of whatever can be nested. */
export const DEPTH = 200;
const END: Token = { type: 'end', text: '' };

/**
 * Reads an executable document: https://spec.graphql.org/September2025/#sec-Document. Type systems, fragments with
 * variables and descriptions are none.
 *
 * @throws ProtocolError
 */
export function parse(source: string): Document {
  const reader = new Reader(lex(source));
  const operations: Operation[] = [];
  const fragments = new Map<string, Selections>();
  do {
    if (reader.at('fragment')) {
      const { name, selections } = fragment(reader);
      if (fragments.has(name)) throw fault(`has two fragments named ${name}`);
      fragments.set(name, selections);
    } else operations.push(operation(reader));
  } while (!reader.ended);
  return { operations, fragments };
}

class Reader {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get #token(): Token {
    return this.#tokens[this.#next] ?? END;
  }

  get ended(): boolean {
    return this.#next >= this.#tokens.length;
  }

  /** The next token is this punctuator or name. */
  at(text: string): boolean {
    return this.#token.text === text;
  }

  atType(type: Token['type']): boolean {
    return this.#token.type === type;
  }

  /** Takes the token if it is the next. */
  took(text: string): boolean {
    if (!this.at(text)) return false;
    this.#next++;
    return true;
  }

  take(text: string): void {
    if (!this.took(text)) throw fault(`lacks a "${text}"`);
  }

  name(): string {
    if (!this.atType('name')) throw fault('lacks a name');
    return this.skip();
  }

  skip(): string {
    const { text } = this.#token;
    this.#next++;
    return text;
  }

  /** One or more of what `read` reads, between two marks. */
  many(open: string, read: () => void, close: string): void {
    this.take(open);
    if (++this.#depth > DEPTH) throw fault(`is nested more than ${DEPTH} deep`);
    do read();
    while (!this.took(close));
    this.#depth--;
  }

  any(open: string, read: () => void, close: string): void {
    this.take(open);
    if (++this.#depth > DEPTH) throw fault(`is nested more than ${DEPTH} deep`);
    while (!this.took(close)) read();
    this.#depth--;
  }
}

function operation(reader: Reader): Operation {
  if (reader.at('{')) return { kind: 'query', name: undefined, ...selectionSet(reader) };
  const kind = reader.name();
  if (kind !== 'query' && kind !== 'mutation' && kind !== 'subscription') throw fault('holds something else than operations and fragments');
  const name = reader.atType('name') ? reader.name() : undefined;
  if (reader.at('(')) reader.many('(', () => variableDefinition(reader), ')');
  directives(reader, false);
  return { kind, name, ...selectionSet(reader) };
}

function fragment(reader: Reader): { readonly name: string; readonly selections: Selections } {
  reader.take('fragment');
  if (reader.at('on')) throw fault('has a fragment without a name');
  const name = reader.name();
  reader.take('on');
  reader.name();
  directives(reader, false);
  return { name, selections: selectionSet(reader) };
}

function selectionSet(reader: Reader): Selections {
  const fields: string[] = [];
  const spreads: string[] = [];
  const selection = (): void => {
    if (!reader.took('...')) {
      fields.push(field(reader));
    } else if (reader.atType('name') && !reader.at('on')) {
      spreads.push(reader.name());
      directives(reader, false);
    } else {
      if (reader.took('on')) reader.name();
      directives(reader, false);
      reader.many('{', selection, '}'); // an inline fragment's fields are those of what it stands in
    }
  };
  reader.many('{', selection, '}');
  return { fields, spreads };
}

function field(reader: Reader): string {
  const first = reader.name();
  const name = reader.took(':') ? reader.name() : first;
  argumentList(reader, false);
  directives(reader, false);
  if (reader.at('{')) selectionSet(reader);
  return name;
}

function argumentList(reader: Reader, constant: boolean): void {
  if (!reader.at('(')) return;
  const argument = (): void => {
    reader.name();
    reader.take(':');
    value(reader, constant);
  };
  reader.many('(', argument, ')');
}

function directives(reader: Reader, constant: boolean): void {
  while (reader.took('@')) {
    reader.name();
    argumentList(reader, constant);
  }
}

function variableDefinition(reader: Reader): void {
  reader.take('$');
  reader.name();
  reader.take(':');
  type(reader, 0);
  if (reader.took('=')) value(reader, true);
  directives(reader, true);
}

function type(reader: Reader, depth: number): void {
  if (depth > DEPTH) throw fault(`is nested more than ${DEPTH} deep`);
  if (reader.took('[')) {
    type(reader, depth + 1);
    reader.take(']');
  } else reader.name();
  reader.took('!');
}

/** @param constant a variable must not stand in it. */
function value(reader: Reader, constant: boolean): void {
  if (reader.at('[')) reader.any('[', () => value(reader, constant), ']');
  else if (reader.at('{')) reader.any('{', () => objectField(reader, constant), '}');
  else if (!constant && reader.took('$')) reader.name();
  else if (reader.atType('number') || reader.atType('string') || reader.atType('name')) reader.skip();
  else throw fault('lacks a value');
}

function objectField(reader: Reader, constant: boolean): void {
  reader.name();
  reader.take(':');
  value(reader, constant);
}
