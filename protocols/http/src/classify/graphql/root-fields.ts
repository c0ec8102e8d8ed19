import { ProtocolError } from '@sallyport/core';
import { fault } from './lexer.ts';
import { DEPTH, type Document, type Operation, parse, type Selections } from './parser.ts';

/** What an executed document asks for. */
export interface RootFields {
  readonly kinds: readonly Operation['kind'][];
  /** Names of root fields, whatever their aliases, through fragments, and also where a directive may leave them out. */
  readonly fields: readonly string[];
}

/**
 * @param operationName the one that runs; without it, or where it is not there, all count.
 * @returns a sentence where the document is none that every server reads alike.
 */
export function readRootFields(source: string, operationName: string | undefined): RootFields | string {
  try {
    const document = parse(source);
    const named = document.operations.filter(({ name }) => name !== undefined && name === operationName);
    const running = named.length > 0 ? named : document.operations;
    if (running.length === 0) throw fault('has no operation');
    const fields = new Set<string>();
    for (const operation of running) collect(operation, document, fields);
    return { kinds: [...new Set(running.map(({ kind }) => kind))], fields: [...fields] };
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}

/** Each fragment is looked into once, however often it is spread. */
function collect(from: Selections, document: Document, fields: Set<string>): void {
  const within: string[] = [];
  const seen = new Set<string>();
  const visit = ({ fields: own, spreads }: Selections): void => {
    for (const field of own) fields.add(field);
    for (const name of spreads) {
      if (within.includes(name)) throw fault(`has a fragment that holds itself: ${name}`);
      if (seen.has(name)) continue;
      const fragment = document.fragments.get(name);
      if (fragment === undefined) throw fault(`spreads a fragment that it has not: ${name}`);
      seen.add(name);
      within.push(name);
      if (within.length > DEPTH) throw fault(`spreads fragments more than ${DEPTH} deep`);
      visit(fragment);
      within.pop();
    }
  };
  visit(from);
}
