import type { Gate, Mask } from '@sallyport/core';
import { formatOf } from '../codec/extended-query.ts';
import { editArrayText, editBinaryArray } from './array-value.ts';
import type { Meaning } from './meaning.ts';
import { type Operand, operandsOf, withValues } from './operands.ts';
import type { Protection } from './protection.ts';
import { columnMask } from './row-plan.ts';
import type { BoundValues } from './statement.ts';

/** What the originals of tokens are found by. */
export interface TokenInputs {
  /** undefined: what the text means is not known, so nothing is given back. */
  readonly meaning: Meaning | undefined;
  readonly protection: Protection;
  readonly gate: Pick<Gate, 'isMask'>;
}

/**
 * The text with the originals of tokens where these are compared with a column of their domain, for
 * the target alone. undefined: it stays as it is.
 */
export function restoredText({ meaning, protection, gate }: TokenInputs): string | undefined {
  if (meaning === undefined || protection.none || !gate.isMask(meaning.text)) return undefined;
  const values = new Map<Operand & { readonly kind: 'literal' }, string>();
  for (const operand of operandsOf(meaning)) {
    if (operand.kind !== 'literal') continue;
    const original = tokenMask(operand, protection)?.original?.(operand.value);
    if (original !== undefined) values.set(operand, original);
  }
  return values.size === 0 ? undefined : withValues(meaning.text, values);
}

/** Some value may be a token. */
export function carriesMask(values: BoundValues['values'], gate: Pick<Gate, 'isMask'>): boolean {
  return values.some((value) => value !== null && gate.isMask(value.toString('latin1')));
}

/** The same for bound values. */
export function restoredValues({ meaning, protection }: TokenInputs, { values, formats }: BoundValues): BoundValues['values'] | undefined {
  if (meaning === undefined || protection.none) return undefined;
  const restored = [...values];
  for (const operand of operandsOf(meaning)) {
    if (operand.kind !== 'parameter') continue;
    const value = values[operand.index] ?? null;
    const mask = tokenMask(operand, protection);
    if (value === null || mask === undefined) continue;
    restored[operand.index] = restoredValue(value, operand.array, formatOf(formats, operand.index) === 1, mask) ?? value;
  }
  return restored.some((value, index) => value !== values[index]) ? restored : undefined;
}

function restoredValue(value: Buffer, array: boolean, binary: boolean, mask: Mask): Buffer | undefined {
  const original = (token: Buffer): Buffer | undefined => {
    const text = mask.original?.(token.toString('utf8'));
    return text === undefined ? undefined : Buffer.from(text);
  };
  if (!array) return original(value);
  return binary ? editBinaryArray(value, original) : editArrayText(value, original);
}

/** The mask that every column which the operand may be compared with has. */
function tokenMask({ columns }: Operand, protection: Protection): Mask | undefined {
  const [mask, ...others] = columns.map((column) => columnMask(column, protection));
  const one = mask?.method === 'token' && others.every((other) => other?.method === 'token' && other.domain === mask.domain);
  return one ? mask : undefined;
}
