import type { Gate } from '@sallyport/core';
import { lex } from '../classify/lexer.ts';
import type { Meaning } from './meaning.ts';
import type { BoundValues } from './statement.ts';

/** Why a mask is not stored, and what to do. */
export const WRITTEN_MASK =
  'The command would store a mask ("[redacted]", a hash, a token, stars) in place of the value that it hides: leave that column out.';

/**
 * Whether a text that writes carries a mask: in a literal or parameter that is not merely compared
 * with a column. What an ORM read masked and saves again would be lost otherwise.
 */
export function writesMask(meaning: Meaning, bound: BoundValues | undefined, gate: Pick<Gate, 'isMask'>): boolean {
  if (!meaning.resolved.class.includes('write')) return false;
  const compared = comparedIn(meaning);
  const inValues = bound?.values.some(
    (value, index) => value !== null && !compared.parameters.has(index + 1) && gate.isMask(value.toString('latin1')),
  );
  return inValues === true || inLiterals(meaning.text, compared.literals, gate);
}

function inLiterals(text: string, compared: ReadonlySet<number>, gate: Pick<Gate, 'isMask'>): boolean {
  if (!text.includes('**') && !gate.isMask(text)) return false;
  let [number, found] = [0, false];
  lex(text, true, (kind, start, end) => {
    if (kind !== 'string' && kind !== 'number') return;
    if (kind === 'string' && !compared.has(number) && gate.isMask(contentOf(text.slice(start, end)))) found = true;
    number += 1;
  });
  return found;
}

/** What a string says, nearly: no mask has an escape in it. */
function contentOf(literal: string): string {
  return /^[^']*'(.*)'$/s.exec(literal)?.[1] ?? literal.replace(/^(\$[^$]*\$)(.*)\1$/s, '$2');
}

/** Numbers of literals and parameters that stand beside a column in a condition, and nowhere else. */
function comparedIn({ statements }: Meaning): { readonly literals: ReadonlySet<number>; readonly parameters: ReadonlySet<number> } {
  const literals = new Set<number>();
  const parameters = new Set<number>();
  const stored = new Set<number>();
  for (const { analysis } of statements) {
    const { bound, loose } = analysis.bindings ?? { bound: [], loose: [] };
    for (const number of loose) stored.add(number);
    for (const binding of bound) {
      if (binding.use !== 'stored') for (const literal of binding.literals) literals.add(literal);
      for (const number of binding.parameters) (binding.use === 'stored' ? stored : parameters).add(number);
    }
  }
  for (const number of stored) parameters.delete(number);
  return { literals, parameters };
}
