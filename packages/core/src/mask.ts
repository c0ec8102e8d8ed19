/** A result column as the target describes it, with its origin. */
export interface Column {
  /** `schema.table` that the values come from. */
  readonly relation: string;
  /** The column's own name in that table, not its alias in the result. */
  readonly name: string;
}

export type MaskMethod = 'redact' | 'partial' | 'hash' | 'null';

/**
 * Turns a value into what may be seen of it. Text in, text out: the protocol brings the value into
 * text form and the masked text back into the column's type, or NULL where the type cannot hold it.
 */
export interface Mask {
  /** The masking rule's name: what recordings count by. */
  readonly rule: string;
  readonly method: MaskMethod;
  /** null is SQL NULL. Never throws; the same value gives the same mask within one rule. */
  apply(value: string): string | null;
}
