import type { Mask } from '@sallyport/core';
import type { Compared, ParserSettings } from '../classify/analysis.ts';
import { type Execute, encodeExecute } from '../codec/statements.ts';
import { columnsNamed, comparedIn } from './compared-values.ts';
import type { Meaning } from './meaning.ts';
import type { Protection } from './protection.ts';

// Tokens are given their originals back for the target alone, where a plain query compares them with columns of their
// domain by `=` or IN: nowhere else is it certain that the value does not come back.

const UTF8: ReadonlySet<string> = new Set(['utf8', 'utf8mb3', 'utf8mb4']);

/** The text as the target gets it. undefined: as it came. @param bytes as it came */
export function restoredText(bytes: Buffer, meaning: Meaning, protection: Protection, settings: ParserSettings): Buffer | undefined {
  if (!UTF8.has(settings.characterSet)) return undefined;
  const pieces: string[] = [];
  let from = 0;
  for (const compared of comparedIn(meaning, protection)) {
    const { literal } = compared;
    if (literal?.value === undefined) continue;
    const original = tokenMask(compared, meaning, protection)?.original?.(literal.value);
    if (original === undefined) continue;
    pieces.push(meaning.text.slice(from, literal.start), quoted(original, settings));
    from = literal.end;
  }
  // Bytes that are no UTF-8 would not come out as they are.
  if (pieces.length === 0 || !Buffer.from(meaning.text).equals(bytes)) return undefined;
  return Buffer.from([...pieces, meaning.text.slice(from)].join(''));
}

/** COM_STMT_EXECUTE's body as the target gets it. undefined: as it came. */
export function restoredExecute(execute: Execute, meaning: Meaning, protection: Protection, settings: ParserSettings): Buffer | undefined {
  if (!UTF8.has(settings.characterSet) || execute.parameters.some(({ value }) => value === undefined)) return undefined;
  const originals = new Map<number, Buffer>();
  for (const compared of comparedIn(meaning, protection)) {
    const token = compared.parameter === undefined ? undefined : execute.parameters[compared.parameter]?.value;
    const original = token && tokenMask(compared, meaning, protection)?.original?.(token.toString());
    if (typeof original === 'string' && compared.parameter !== undefined) originals.set(compared.parameter, Buffer.from(original));
  }
  if (originals.size === 0) return undefined;
  const parameters = execute.parameters.map((parameter, index) => ({ ...parameter, value: originals.get(index) ?? parameter.value }));
  return encodeExecute({ ...execute, parameters });
}

/** The mask that every column has which the name may mean. */
function tokenMask({ column: name }: Compared, meaning: Meaning, protection: Protection): Mask | undefined {
  let found: Mask | undefined;
  for (const { relation, column } of columnsNamed(name, meaning) ?? []) {
    const mask = protection.maskOf(relation.schema, relation.name, column);
    if (mask?.method !== 'token' || (found !== undefined && mask.domain !== found.domain)) return undefined;
    found = mask;
  }
  return found;
}

function quoted(value: string, { sqlMode }: ParserSettings): string {
  const doubled = value.replaceAll("'", "''");
  return `'${sqlMode?.has('NO_BACKSLASH_ESCAPES') ? doubled : doubled.replaceAll('\\', '\\\\')}'`;
}
