/**
 * What a terminal reads: text, and what it acts on
 * ({@link https://ecma-international.org/publications-and-standards/standards/ecma-48/ ECMA-48},
 * {@link https://invisible-island.net/xterm/ctlseqs/ctlseqs.html XTerm}). The bytes of all tokens are those of the stream.
 *
 * - `text`: visible characters, whole in UTF-8 where they are UTF-8;
 * - `control`: one C0 or C1 character;
 * - `csi`: a control sequence, with its final character and what stands before it; '' where it is broken off;
 * - `escape`: any other escape sequence;
 * - `string`: OSC, DCS, SOS, PM or APC, or one part of a long one.
 */
export type TerminalToken =
  | { readonly type: 'text' | 'string'; readonly bytes: Buffer }
  | { readonly type: 'control' | 'escape'; readonly bytes: Buffer; readonly code: number }
  | { readonly type: 'csi'; readonly bytes: Buffer; readonly parameters: string; readonly final: string };

const [CAN, SUB, ESC, DEL, BEL] = [0x18, 0x1a, 0x1b, 0x7f, 0x07];
const BACKSLASH = 0x5c;
const C1_LEAD = 0xc2;
const C1_ST = 0x9c;
const CSI = 0x5b;
/** `]` OSC, `P` DCS, `X` SOS, `^` PM, `_` APC. */
const STRINGS = new Set([0x5d, 0x50, 0x58, 0x5e, 0x5f]);
const OSC = 0x5d;
/** A control sequence longer than this is broken off. */
const LONGEST_SEQUENCE = 256;
const LONGEST_PART = 4096;
const NOTHING = Buffer.alloc(0);

/** Cuts a terminal's bytes into tokens; how they were cut before shows only in where texts are cut. */
export class TerminalTokens {
  #rest: Buffer = NOTHING;
  /** Within a string whose beginning has left; whether BEL ends it. */
  #within: { readonly bell: boolean } | undefined;

  /** A sequence or a character waits for its end. */
  get pending(): boolean {
    return this.#rest.length > 0;
  }

  push(chunk: Buffer): readonly TerminalToken[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const tokens: TerminalToken[] = [];
    let at = 0;
    while (at < bytes.length) {
      const end = this.#next(bytes, at, tokens);
      if (end === at) break;
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return tokens;
  }

  /** What waited: nothing will follow. */
  flush(): readonly TerminalToken[] {
    const rest = this.#rest;
    this.#rest = NOTHING;
    if (rest.length === 0) return [];
    const type = this.#within !== undefined || rest[0] === ESC || (rest[0] === C1_LEAD && rest.length > 1) ? 'string' : 'text';
    this.#within = undefined;
    return [{ type, bytes: rest }];
  }

  /** @returns where the token ends; `at`: not yet known. */
  #next(bytes: Buffer, at: number, tokens: TerminalToken[]): number {
    if (this.#within !== undefined) return this.#string(bytes, at, at, this.#within.bell, tokens);
    const byte = bytes[at] as number;
    if (byte === ESC) return at + 1 < bytes.length ? this.#escape(bytes, at, at + 1, bytes[at + 1] as number, tokens) : at;
    if (byte < 0x20 || byte === DEL) {
      tokens.push({ type: 'control', bytes: bytes.subarray(at, at + 1), code: byte });
      return at + 1;
    }
    if (isC1(bytes, at)) return this.#escape(bytes, at, at + 1, (bytes[at + 1] as number) - 0x40, tokens);
    const end = endOfText(bytes, at);
    if (end > at) tokens.push({ type: 'text', bytes: bytes.subarray(at, end) });
    return end;
  }

  /** @param code at `position`: what follows ESC, or the C1 character in the same form. */
  #escape(bytes: Buffer, at: number, position: number, code: number, tokens: TerminalToken[]): number {
    if (code === CSI) return sequence(bytes, at, position + 1, tokens);
    if (STRINGS.has(code)) return this.#string(bytes, at, position + 1, code === OSC, tokens);
    if (position > at && bytes[at] === C1_LEAD) {
      tokens.push({ type: 'control', bytes: bytes.subarray(at, position + 1), code: code + 0x40 });
      return position + 1;
    }
    let end = position;
    while (end < bytes.length && isIntermediate(bytes[end] as number) && end - at < LONGEST_SEQUENCE) end += 1;
    if (end === bytes.length) return at;
    // A control, or a byte of a text, breaks it off.
    const whole = (bytes[end] as number) >= 0x30 && (bytes[end] as number) < DEL;
    tokens.push({ type: 'escape', bytes: bytes.subarray(at, whole ? end + 1 : end), code: whole ? (bytes[end] as number) : 0 });
    return whole ? end + 1 : end;
  }

  #string(bytes: Buffer, at: number, from: number, bell: boolean, tokens: TerminalToken[]): number {
    const give = (end: number, over: boolean): number => {
      tokens.push({ type: 'string', bytes: bytes.subarray(at, end) });
      this.#within = over ? undefined : { bell };
      return end;
    };
    const last = Math.min(bytes.length, at + LONGEST_PART);
    for (let end = from; end < last; end += 1) {
      const byte = bytes[end] as number;
      if (byte === CAN || byte === SUB || (bell && byte === BEL)) return give(end + 1, true);
      if (byte === ESC || byte === C1_LEAD) {
        const next = bytes[end + 1];
        if (next === undefined) return end > at && last === at + LONGEST_PART ? give(end, false) : at;
        if (next === (byte === ESC ? BACKSLASH : C1_ST)) return give(end + 2, true);
        // An ESC ends it in any case, and begins what comes next.
        if (byte === ESC && end > at) return give(end, true);
        if (byte === ESC) {
          this.#within = undefined;
          return this.#next(bytes, at, tokens);
        }
      }
    }
    return last - at === LONGEST_PART ? give(last, false) : at;
  }
}

function sequence(bytes: Buffer, at: number, from: number, tokens: TerminalToken[]): number {
  let end = from;
  while (end < bytes.length && end - at < LONGEST_SEQUENCE && isParameter(bytes[end] as number)) end += 1;
  if (end === bytes.length) return at;
  const byte = bytes[end] as number;
  const whole = byte >= 0x40 && byte < DEL && end - at < LONGEST_SEQUENCE;
  const parameters = bytes.toString('latin1', from, end);
  tokens.push({ type: 'csi', bytes: bytes.subarray(at, whole ? end + 1 : end), parameters, final: whole ? String.fromCharCode(byte) : '' });
  return whole ? end + 1 : end;
}

const isParameter = (byte: number): boolean => byte >= 0x20 && byte < 0x40;
const isIntermediate = (byte: number): boolean => byte >= 0x20 && byte < 0x30;

function isC1(bytes: Buffer, at: number): boolean {
  const next = bytes[at + 1];
  return bytes[at] === C1_LEAD && next !== undefined && next >= 0x80 && next < 0xa0;
}

/** Up to the next control, or to a character that is not whole yet. */
function endOfText(bytes: Buffer, at: number): number {
  let end = at;
  while (end < bytes.length) {
    const byte = bytes[end] as number;
    if (byte < 0x20 || byte === DEL || (byte === C1_LEAD && isC1(bytes, end))) return end;
    end += 1;
  }
  for (let back = 1; back <= 3 && end - back >= at; back += 1) {
    const byte = bytes[end - back] as number;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return back < lengthOf(byte) ? end - back : end;
  }
  return end;
}

/** Bytes of a UTF-8 character by its first one. */
function lengthOf(lead: number): number {
  if (lead >= 0xf0 && lead < 0xf8) return 4;
  if (lead >= 0xe0) return lead < 0xf0 ? 3 : 1;
  return 2;
}
