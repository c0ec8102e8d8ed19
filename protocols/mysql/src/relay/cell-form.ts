import type { Mask } from '@sallyport/core';
import { characterSet, readLatin1, writeLatin1 } from '../codec/character-sets.ts';
import { TYPE } from '../codec/columns.ts';
import { isTextType } from '../codec/values.ts';

/** How a masked value becomes a cell of a column's type. */
export interface CellForm {
  /** The value as text, the same in every character set. Absent: nothing is told of it, and only a constant may stand for it. */
  readonly read?: (bytes: Buffer, start: number, end: number) => string;
  /** False: other values may read the same, since the server replaces what a character set has no place for. */
  readonly isExact: (text: string) => boolean;
  /** A mask as the cell's value. */
  readonly write: (text: string) => Buffer;
}

const REPLACED = '\uFFFD';
const isWhole = (text: string): boolean => !text.includes(REPLACED);
const mayBeReplaced = (text: string): boolean => isWhole(text) && !text.includes('?');
const isPlain = (text: string): boolean => /^[\x01-\x7f]*$/.test(text);
const readUtf8 = (bytes: Buffer, start: number, end: number): string => bytes.toString('utf8', start, end);
const readBytes = (bytes: Buffer, start: number, end: number): string => bytes.toString('latin1', start, end);
const writeUtf8 = (text: string): Buffer => Buffer.from(text);
const writeBytes = (text: string): Buffer => Buffer.from(text, 'latin1');

const FORMS = {
  utf8mb4: { read: readUtf8, isExact: isWhole, write: writeUtf8 },
  utf8mb3: { read: readUtf8, isExact: mayBeReplaced, write: writeUtf8 },
  latin1: { read: readLatin1, isExact: mayBeReplaced, write: writeLatin1 },
  ascii: { read: readBytes, isExact: mayBeReplaced, write: writeBytes },
  // With `character_set_results` binary texts come as bytes too, in whatever character set they are stored.
  binary: { read: readBytes, isExact: isPlain, write: writeBytes },
  readable: { isExact: () => false, write: writeBytes },
  json: { read: readUtf8, isExact: mayBeReplaced, write: (text: string) => Buffer.from(JSON.stringify(text)) },
} satisfies Readonly<Record<string, CellForm>>;

/** @returns undefined where the type has no room for a mask: it becomes NULL */
export function cellForm(type: number, collation: number): CellForm | undefined {
  if (type === TYPE.JSON) return FORMS.json;
  const set = characterSet(collation);
  return isTextType(type) && set !== 'unreadable' ? FORMS[set] : undefined;
}

/** What every value of the column becomes, where the mask makes no difference between them; null is NULL. */
export function fixedCell(mask: Mask, form: CellForm | undefined): Buffer | null | undefined {
  if (form === undefined || mask.fixed === null) return null;
  if (mask.fixed !== undefined) return form.write(mask.fixed);
  return form.read === undefined ? null : undefined;
}

/** @returns null: it becomes NULL, as where equal masks could stand for values that differ */
export function maskedCell(mask: Mask, form: CellForm, text: string): Buffer | null {
  const tells = mask.method === 'hash' || mask.method === 'token';
  const seen = tells && !form.isExact(text) ? null : mask.apply(text);
  return seen === null ? null : form.write(seen);
}
