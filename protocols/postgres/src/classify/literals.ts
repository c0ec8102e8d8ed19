import { lex } from './lexer.ts';

/**
 * Numbers a text's string and number literals from 0, in their order, and finds them by where the
 * parser says that they stand. Two texts of one shape have the same numbers.
 */
export class Literals {
  readonly #text: string;
  #byOffset: ReadonlyMap<number, number> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** @param location in bytes of UTF-8; a negative number's is its sign's. */
  at(location: number): number | undefined {
    this.#byOffset ??= offsets(this.#text);
    return this.#byOffset.get(location);
  }
}

function offsets(text: string): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const ascii = Buffer.byteLength(text) === text.length;
  let [number, bytes, measured] = [0, 0, 0];
  let signs: number[] = [];
  lex(text, true, (kind, start) => {
    if (kind === 'space' || kind === 'comment') return;
    bytes = ascii ? start : bytes + Buffer.byteLength(text.slice(measured, start));
    measured = start;
    if (kind === 'symbol' && text[start] === '-') signs.push(bytes);
    else {
      if (kind === 'string' || kind === 'number') {
        found.set(bytes, number);
        if (kind === 'number') for (const sign of signs) found.set(sign, number);
        number += 1;
      }
      if (signs.length > 0) signs = [];
    }
  });
  return found;
}
