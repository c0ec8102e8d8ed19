import { type ContentMasks, type CountHit, ProtocolError, type Side, type TextStream } from '@sallyport/core';
import type { TextSink } from './encoded-text.ts';
import { MaskedValue } from './masked-value.ts';
import type { MediaType } from './media-type.ts';
import { maskedHead, type PartHead, partHeadOf } from './part-head.ts';
import { Rewriting } from './rewriting.ts';

/** How a {@link MultipartMask} masks. */
export interface MultipartOptions {
  readonly masks: ContentMasks;
  readonly count: CountHit;
  readonly side: Side;
  /** The mask that the body of a part needs; undefined: it passes as it is. */
  readonly maskPart: (head: PartHead, masks: ContentMasks) => TextStream | undefined;
}

const NOTHING = Buffer.alloc(0);
const LINE_END = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');
const LAST = Buffer.from('--');
/** The lines before a part's body, in bytes. */
const LONGEST_HEAD = 16_384;
/** White space behind a boundary. */
const LONGEST_PADDING = 64;
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/;
const PADDING = /^[ \t]*/;

type State = 'beginning' | 'delimited' | 'head' | 'empty line' | 'body' | 'epilogue';

/**
 * Masks a multipart body as it passes ({@link https://www.rfc-editor.org/rfc/rfc2046#section-5.1 RFC 2046},
 * {@link https://www.rfc-editor.org/rfc/rfc7578 RFC 7578}): each part as what it says that it is, and the
 * fields of a form that are masked by their name as a whole. What two parsers could take apart in
 * different ways is refused.
 */
export class MultipartMask implements TextStream {
  readonly #options: MultipartOptions;
  readonly #delimiter: Buffer;
  readonly #isForm: boolean;
  readonly #out = new Rewriting();
  #state: State = 'beginning';
  /** Of what passes; undefined: it passes as it is. Before the first part, and behind the last, it is a text that nobody reads. */
  #part: TextStream | undefined;
  #bytes: Buffer = NOTHING;

  /** @throws ProtocolError for a boundary that is none. */
  constructor({ essence, parameters }: MediaType, options: MultipartOptions) {
    const boundary = parameters.get('boundary') ?? '';
    this.#options = options;
    if (!BOUNDARY.test(boundary)) throw this.#refusal(`is ${essence} and does not say well what parts its parts`);
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#isForm = essence === 'multipart/form-data';
    this.#part = options.masks.text?.stream(options.count);
  }

  push(bytes: Buffer): Buffer {
    return bytes.length === 0 ? NOTHING : this.#advance(bytes, false);
  }

  flush(): Buffer {
    return this.#advance(NOTHING, true);
  }

  #advance(piece: Buffer, final: boolean): Buffer {
    this.#bytes = Buffer.concat([this.#bytes, piece]);
    for (let goesOn = true; goesOn && this.#bytes.length > 0; ) goesOn = this.#step(final);
    if (final) {
      // What was read of a head, and broke off.
      if (this.#state === 'head') this.#writeHead(this.#bytes.length);
      this.#pass(this.#bytes.length);
      this.#endPart();
    }
    return this.#out.take(0);
  }

  /** @returns false: more must be known first. */
  #step(final: boolean): boolean {
    switch (this.#state) {
      case 'beginning':
        return this.#begin();
      case 'body':
        return this.#body();
      case 'delimited':
        return this.#delimited(final);
      case 'head':
        return this.#head();
      case 'empty line':
        return this.#emptyLine();
      case 'epilogue':
        this.#pass(this.#bytes.length);
        return false;
    }
  }

  /** The first boundary may stand at the very beginning. */
  #begin(): boolean {
    const line = this.#delimiter.subarray(LINE_END.length);
    const start = this.#bytes.subarray(0, line.length);
    if (start.length < line.length && line.subarray(0, start.length).equals(start)) return false;
    this.#state = start.equals(line) ? 'delimited' : 'body';
    if (this.#state === 'delimited') this.#write(line.length);
    return true;
  }

  #body(): boolean {
    const at = this.#bytes.indexOf(this.#delimiter);
    this.#pass(at < 0 ? this.#bytes.length - this.#mayBegin() : at);
    if (at < 0) return false;
    this.#endPart();
    this.#write(this.#delimiter.length);
    this.#state = 'delimited';
    return true;
  }

  /** So many bytes at the end may be the beginning of a boundary. */
  #mayBegin(): number {
    const bytes = this.#bytes;
    for (let length = Math.min(bytes.length, this.#delimiter.length - 1); length > 0; length -= 1)
      if (bytes.subarray(bytes.length - length).equals(this.#delimiter.subarray(0, length))) return length;
    return 0;
  }

  #delimited(final: boolean): boolean {
    if (this.#bytes.subarray(0, 2).equals(LAST)) {
      this.#write(LAST.length);
      this.#part = this.#options.masks.text?.stream(this.#options.count);
      this.#state = 'epilogue';
      return true;
    }
    const padding = PADDING.exec(this.#bytes.toString('latin1', 0, LONGEST_PADDING + 1))?.[0].length ?? 0;
    const line = this.#bytes.subarray(padding, padding + 2);
    if (line.equals(LINE_END)) {
      this.#write(padding + 2);
      this.#state = 'head';
      return true;
    }
    const open = line.length < 2 && (line.length === 0 || line[0] === LINE_END[0] || (padding === 0 && line[0] === LAST[0]));
    if (padding > LONGEST_PADDING || !open) throw this.#refusal('has a line that begins like the boundary between its parts and is none');
    // Broken off: that harms nobody.
    return final ? this.#giveUp() : false;
  }

  #giveUp(): false {
    this.#write(this.#bytes.length);
    return false;
  }

  #head(): boolean {
    const empty = this.#bytes.subarray(0, 2).equals(LINE_END);
    const end = empty ? 0 : this.#bytes.indexOf(HEAD_END);
    if (end > LONGEST_HEAD || (end < 0 && this.#bytes.length > LONGEST_HEAD + HEAD_END.length))
      throw this.#refusal(`has more than ${LONGEST_HEAD} bytes of lines before one of its parts`);
    if (end < 0) return false;
    const head = this.#bytes.subarray(0, end);
    if (Buffer.concat([LINE_END, head, LINE_END]).includes(this.#delimiter))
      throw this.#refusal('has a part without an empty line before it');
    this.#beginPart(partHeadOf(head, this.#options.side));
    this.#writeHead(end);
    this.#write(empty ? 0 : LINE_END.length);
    this.#state = 'empty line';
    return true;
  }

  #writeHead(length: number): void {
    const { masks, count } = this.#options;
    this.#out.write(maskedHead(this.#bytes.subarray(0, length), masks.text, count));
    this.#bytes = this.#bytes.subarray(length);
  }

  /** With it the boundary begins where a part has no body at all. */
  #emptyLine(): boolean {
    const start = this.#bytes.subarray(0, this.#delimiter.length);
    if (start.length < this.#delimiter.length && this.#delimiter.subarray(0, start.length).equals(start)) return false;
    if (!start.equals(this.#delimiter)) this.#write(LINE_END.length);
    this.#state = 'body';
    return true;
  }

  #beginPart(head: PartHead): void {
    const { masks, count, maskPart } = this.#options;
    const { text, fields } = masks;
    const place = this.#isForm && head.name !== undefined ? fields?.root.member(head.name) : undefined;
    if (place?.mask !== undefined)
      this.#part = asStream(new MaskedValue(this.#out, place.mask, count, (shown) => Buffer.from(shown ?? '')));
    else if (this.#isForm) this.#part = maskPart(head, { text, fields: place === undefined || place.clear ? undefined : { root: place } });
    else this.#part = maskPart(head, masks);
  }

  #pass(length: number): void {
    const bytes = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    this.#out.write(this.#part === undefined ? bytes : this.#part.push(bytes));
  }

  #write(length: number): void {
    this.#out.write(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
  }

  #endPart(): void {
    if (this.#part !== undefined) this.#out.write(this.#part.flush());
    this.#part = undefined;
  }

  #refusal(why: string): ProtocolError {
    return new ProtocolError(this.#options.side, `The body ${why}: it cannot be masked.`);
  }
}

/** What it writes leaves by itself. */
function asStream(sink: TextSink): TextStream {
  return {
    push(bytes) {
      sink.plain(bytes);
      return NOTHING;
    },
    flush() {
      sink.end();
      return NOTHING;
    },
  };
}
