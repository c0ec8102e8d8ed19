/** A result column as the target describes it, with its origin. */
export interface Column {
  /** `schema.table` that the values come from. */
  readonly relation: string;
  /** The column's own name in that table, not its alias in the result. */
  readonly name: string;
}

/** From the strictest: what shows least wins wherever several rules name the same value. */
export const MASK_METHODS = ['null', 'redact', 'hash', 'token', 'partial'] as const;

export type MaskMethod = (typeof MASK_METHODS)[number];

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
  /** Given where every value gets the same mask, which then is known without looking at the value. */
  readonly fixed?: string | null;
  /** `token` only: values of one domain have the same tokens, whichever rule or column made them. */
  readonly domain?: string;
  /** `token` only: the value behind a token of this mask's domain; undefined for every other text. */
  original?(token: string): string | undefined;
}

/** Called once for each hit with its rule's name, and the text that was hidden where it is known as one. */
export type CountHit = (rule: string, hidden?: Buffer | string) => void;

/**
 * Finds sensitive text by its form, in whatever column or message it stands, and masks it. Bytes in,
 * bytes out: what is no hit stays as it is, invalid UTF-8 included.
 */
export interface TextMask {
  /**
   * False: nothing can be found in `[start, end)`, nor in any part of it. Much quicker than
   * {@link value}: ask it over a run of many values before looking at each.
   */
  mayFind(bytes: Buffer, start: number, end: number): boolean;
  /**
   * Masks one whole value, `[start, end)` of `bytes`.
   *
   * @returns the value to show; undefined when nothing was found.
   */
  value(bytes: Buffer, start: number, end: number, count: CountHit): Buffer | undefined;
  /** For one text that arrives in pieces. The output is that of {@link value}, however the text is cut. */
  stream(count: CountHit): TextStream;
  /** The same without rendering, for texts with something in between that is not theirs. */
  runs(): TextRuns;
}

/** A text on its way through a {@link TextMask}. */
export interface TextStream {
  /** What may leave by now. Holds back only what may still become a hit, at most {@link TEXT_HOLD_BACK} bytes. */
  push(bytes: Buffer): Buffer;
  /** The rest: nothing will follow. */
  flush(): Buffer;
}

/** A part of a text: bytes that stay as they are, or a hit. */
export interface TextRun {
  /** Bytes of the text. */
  readonly length: number;
  readonly hit?: {
    readonly rule: string;
    /** What stands for the hit. Empty where it goes on from an earlier run. */
    readonly shown: Buffer;
    /** What is hidden, where it is known as one. */
    readonly hidden?: Buffer;
    /** It began in an earlier run, and was counted there. */
    readonly goesOn: boolean;
  };
}

/** A text that is looked through in pieces: what is known of it by now, in order and without gaps. */
export interface TextRuns {
  push(bytes: Buffer): readonly TextRun[];
  /** The rest: nothing will follow. */
  flush(): readonly TextRun[];
}

/** The most that a {@link TextStream} holds back, in bytes. */
export const TEXT_HOLD_BACK = 16_384;

/** What is masked by its place in a document: in JSON, and in forms, whose fields are members of the root. */
export interface FieldMasks {
  /** The document as a whole. */
  readonly root: FieldPlace;
}

/** A place in a document, and what is masked there. Equal ways down from a root mostly give one object, so compare and keep it freely. */
export interface FieldPlace {
  /** undefined: the value passes. Otherwise it is masked; of an object or array, each value within. */
  readonly mask: Mask | undefined;
  /** Nothing is masked here, nor anywhere within. */
  readonly clear: boolean;
  /** @param name as it is once its escapes are read. Names match exactly. */
  member(name: string): FieldPlace;
  /** @param index from 0. */
  element(index: number): FieldPlace;
}

/** What is masked in the content of a message. */
export interface ContentMasks {
  /** By its form, in any text. */
  readonly text: TextMask | undefined;
  /** By its place. */
  readonly fields: FieldMasks | undefined;
}
