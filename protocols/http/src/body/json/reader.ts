import { GatewayError, ProtocolError, type Side } from '@sallyport/core';
import { readEscape } from './escape.ts';

/** What a {@link JsonReader} tells, in the order of the document. Places are in the bytes that it reads just then. */
export interface JsonHandler {
  /** The next bytes; places count from their beginning. */
  begin(bytes: Buffer): void;
  openObject(): void;
  openArray(): void;
  close(): void;
  /** A whole string, its quotes included. */
  string(start: number, end: number, key: boolean, escapes: boolean): void;
  /** A string whose end is not known yet begins; its parts follow. */
  openString(start: number, key: boolean): void;
  plain(part: Buffer): void;
  escape(raw: Buffer, decoded: Buffer): void;
  /** @param end behind the closing quote. */
  closeString(end: number): void;
  /** A number, `true`, `false` or `null`. */
  scalar(start: number, end: number): void;
  /** What begins at `start` is no JSON: all that follows is a plain text, or refused by throwing. */
  text(start: number): void;
}

const [VALUE, FIRST_VALUE, MEMBER, FIRST_MEMBER, COLON, NEXT, TOP] = [0, 1, 2, 3, 4, 5, 6];
const MOST_DEPTH = 512;
/** Longer numbers are none: every parser would take them for others. */
const LONGEST_NUMBER = 1024;
/** So much white space behind a number is looked at, to see whether JSON goes on. */
const LONGEST_GAP = 64;
const [OBJECT, ARRAY] = [1, 2];
const [NUL, TAB, LF, CR, RS, SPACE] = [0, 0x09, 0x0a, 0x0d, 0x1e, 0x20];
const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [ZERO, NINE, POINT] = [0x30, 0x39, 0x2e];
const BOM = Buffer.from('\ufeff');
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LITERALS = ['true', 'false', 'null'];
const NOTHING = Buffer.alloc(0);

/** Bytes of which numbers and literals are made. */
const SCALAR = new Uint8Array(256);
for (const byte of Buffer.from('0123456789+-.eEtrufalsn')) SCALAR[byte] = 1;

/**
 * Reads JSON ({@link https://www.rfc-editor.org/rfc/rfc8259 RFC 8259}) piece by piece, without building
 * anything. Several values may follow each other (NDJSON,
 * {@link https://www.rfc-editor.org/rfc/rfc7464 RFC 7464}). Control characters and unknown escapes within
 * strings are taken as they stand: where a string ends does not hang on them.
 */
export class JsonReader {
  readonly #handler: JsonHandler;
  readonly #side: Side;
  readonly #kinds = new Uint8Array(MOST_DEPTH);
  #depth = 0;
  #expected = TOP;
  #bytes: Buffer = NOTHING;
  /** The end of the last piece that could not be read without what follows. */
  #carried: Buffer = NOTHING;
  #inString = false;
  #inText = false;
  #began = false;

  constructor(handler: JsonHandler, side: Side) {
    this.#handler = handler;
    this.#side = side;
  }

  /**
   * @returns how many of the bytes given to {@link JsonHandler.begin} were read; the others come again.
   * @throws GatewayError ERR_LIMIT for a document that is nested too deep, and whatever the handler throws.
   * @throws ProtocolError for what is UTF-16 or UTF-32.
   */
  push(piece: Buffer, final: boolean): number {
    const bytes = this.#carried.length === 0 ? piece : Buffer.concat([this.#carried, piece]);
    this.#carried = NOTHING;
    this.#bytes = bytes;
    this.#handler.begin(bytes);
    let at = 0;
    while (at >= 0 && at < bytes.length) {
      if (this.#inText) {
        this.#handler.plain(bytes.subarray(at));
        at = bytes.length;
      } else at = this.#inString ? this.#goOn(at, final) : this.#read(at, final);
    }
    const read = at < 0 ? ~at : at;
    this.#carried = Buffer.from(bytes.subarray(read));
    return read;
  }

  /** @returns where to go on; `~position` where more must be known first. */
  #read(from: number, final: boolean): number {
    const bytes = this.#bytes;
    let at = from;
    if (!this.#began) {
      at = this.#beginning(at, final);
      if (at < 0 || at === bytes.length) return at;
    }
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        const next = this.#quoted(at);
        if (this.#inString || this.#inText) return next;
        at = next;
      } else if (byte === SPACE || byte === LF || byte === CR || byte === TAB) at += 1;
      else if (SCALAR[byte] === 1) {
        const next = this.#scalar(at, final);
        if (next < 0 || this.#inText) return next;
        at = next;
      } else if (!this.#sign(byte)) return this.#broken(at);
      else at += 1;
    }
    return at;
  }

  #beginning(at: number, final: boolean): number {
    const start = this.#bytes.subarray(at, at + BOM.length);
    if (!final && start.length < BOM.length && BOM.subarray(0, start.length).equals(start)) return ~at;
    this.#began = true;
    return start.equals(BOM) ? at + BOM.length : at;
  }

  /** A bracket, a comma, a colon. @returns false: it may not stand here. */
  #sign(byte: number): boolean {
    switch (byte) {
      case COMMA:
        if (this.#expected !== NEXT) return false;
        this.#expected = this.#kinds[this.#depth - 1] === OBJECT ? MEMBER : VALUE;
        return true;
      case 0x3a:
        if (this.#expected !== COLON) return false;
        this.#expected = VALUE;
        return true;
      case 0x7b:
      case 0x5b:
        return this.#open(byte === 0x7b ? OBJECT : ARRAY);
      case 0x7d:
        return (this.#expected === FIRST_MEMBER || this.#expected === NEXT) && this.#close(OBJECT);
      case 0x5d:
        return (this.#expected === FIRST_VALUE || this.#expected === NEXT) && this.#close(ARRAY);
      default:
        return byte === RS && this.#expected === TOP;
    }
  }

  #open(kind: number): boolean {
    if (!this.#isValue()) return false;
    if (this.#depth === MOST_DEPTH)
      throw new GatewayError('ERR_LIMIT', `The body is JSON that is nested more than ${MOST_DEPTH} deep: it cannot be masked.`);
    this.#kinds[this.#depth++] = kind;
    this.#expected = kind === OBJECT ? FIRST_MEMBER : FIRST_VALUE;
    if (kind === OBJECT) this.#handler.openObject();
    else this.#handler.openArray();
    return true;
  }

  #close(kind: number): boolean {
    if (this.#depth === 0 || this.#kinds[this.#depth - 1] !== kind) return false;
    this.#depth -= 1;
    this.#handler.close();
    this.#expectBehind();
    return true;
  }

  #isValue(): boolean {
    return this.#expected === VALUE || this.#expected === FIRST_VALUE || this.#expected === TOP;
  }

  #expectBehind(): void {
    this.#expected = this.#depth === 0 ? TOP : NEXT;
  }

  #quoted(start: number): number {
    const key = this.#expected === MEMBER || this.#expected === FIRST_MEMBER;
    if (!key && !this.#isValue()) return this.#broken(start);
    const bytes = this.#bytes;
    let escapes = false;
    for (let at = start + 1; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#endOfString(key);
        this.#handler.string(start, at + 1, key, escapes);
        return at + 1;
      }
      if (byte === BACKSLASH) {
        escapes = true;
        at += 1;
      }
      if (bytes[at] === NUL) throw this.#wide();
    }
    this.#inString = true;
    this.#expected = key ? COLON : this.#expected;
    this.#handler.openString(start, key);
    return start + 1;
  }

  #endOfString(key: boolean): void {
    if (key) this.#expected = COLON;
    else this.#expectBehind();
  }

  /** Within a string that came in pieces. */
  #goOn(from: number, final: boolean): number {
    const bytes = this.#bytes;
    for (let at = from, part = from; ; ) {
      const byte = bytes[at];
      if (byte !== undefined && byte !== QUOTE && byte !== BACKSLASH && byte !== NUL) {
        at += 1;
        continue;
      }
      if (byte === NUL) throw this.#wide();
      this.#handler.plain(bytes.subarray(part, at));
      if (byte === undefined) return at;
      if (byte === QUOTE) {
        this.#inString = false;
        this.#endOfString(this.#expected === COLON);
        this.#handler.closeString(at + 1);
        return at + 1;
      }
      const read = readEscape(bytes, at, final);
      if (read === undefined) return ~at;
      if (read !== 'none') this.#handler.escape(bytes.subarray(at, at + read.length), read.decoded);
      part = read === 'none' ? at : at + read.length;
      at += read === 'none' ? 1 : read.length;
    }
  }

  #scalar(start: number, final: boolean): number {
    const bytes = this.#bytes;
    if (!this.#isValue()) return this.#broken(start);
    let end = start + 1;
    while (end < bytes.length && SCALAR[bytes[end] as number] === 1) end += 1;
    if (end - start > LONGEST_NUMBER) return this.#broken(start);
    const follows = this.#behind(end, final);
    if (follows === undefined) return ~start;
    if (!follows || !isScalar(bytes, start, end)) return this.#broken(start);
    this.#expectBehind();
    this.#handler.scalar(start, end);
    return end;
  }

  /**
   * Whether JSON goes on behind a number or literal. What only began like one, as `4111 1111 …` and `12@example.com` do, has to
   * be looked through as a text from its beginning. @returns undefined: more must be known.
   */
  #behind(end: number, final: boolean): boolean | undefined {
    const bytes = this.#bytes;
    const last = Math.min(bytes.length, end + LONGEST_GAP);
    for (let at = end; at < last; at += 1) {
      const byte = bytes[at] as number;
      if (this.#depth === 0 && (byte === LF || byte === RS)) return true;
      if (byte === SPACE || byte === LF || byte === CR || byte === TAB) continue;
      return this.#depth > 0 && (byte === COMMA || byte === (this.#kinds[this.#depth - 1] === OBJECT ? 0x7d : 0x5d));
    }
    return final || last - end === LONGEST_GAP ? true : undefined;
  }

  #broken(at: number): number {
    const byte = this.#bytes[at];
    if (byte === NUL || byte === 0xfe || byte === 0xff) throw this.#wide();
    this.#handler.text(at);
    this.#inText = true;
    return at;
  }

  #wide(): ProtocolError {
    return new ProtocolError(this.#side, 'The body says that it is JSON and is not in UTF-8: it cannot be masked.');
  }
}

function isScalar(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] as number;
  // Most numbers are digits, with a point among them or not.
  if (first > ZERO && first <= NINE) {
    let point = 0;
    let at = start + 1;
    for (; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (byte >= ZERO && byte <= NINE) continue;
      if (byte !== POINT || point > 0) break;
      point = at;
    }
    if (at === end && point !== end - 1) return true;
  }
  const text = bytes.toString('latin1', start, end);
  return NUMBER.test(text) || LITERALS.includes(text);
}
