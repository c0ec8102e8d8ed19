import {
  type ContentMasks,
  type CountHit,
  type FieldPlace,
  ProtocolError,
  type Side,
  type TextMask,
  type TextRuns,
  type TextStream,
} from '@sallyport/core';
import { type Encode, EncodedText, type TextSink } from '../encoded-text.ts';
import { MaskedValue } from '../masked-value.ts';
import { Rewriting } from '../rewriting.ts';
import { decoded, escaped, readString } from './escape.ts';
import { LastName } from './last-name.ts';
import { NamedRuns } from './named-runs.ts';
import { type Name, Names } from './names.ts';
import { Places, type Way } from './places.ts';
import { QuietStretch } from './quiet-stretch.ts';
import { type JsonHandler, JsonReader } from './reader.ts';

/** How a {@link JsonMask} masks. */
export interface JsonMaskOptions {
  readonly masks: ContentMasks;
  readonly count: CountHit;
  /** Whose bytes they are: who is blamed for what is no JSON. */
  readonly side: Side;
  /** Strings that nobody may change, such as what a model has signed: hits in them are counted apart and stay. */
  readonly verbatim?: { readonly at: (way: Way) => boolean; readonly count: CountHit };
}

const NOTHING = Buffer.alloc(0);
const NULL = Buffer.from('null');
const QUOTE = Buffer.from('"');
const BACKSLASH = 0x5c;

/**
 * Masks JSON as it passes: strings and names by their form, numbers too, and whatever stands at a
 * masked place. What is not masked leaves byte for byte as it came, and the output is the same
 * however the document is cut. Kept are what may still become a hit, a masked value of 1 MiB at most,
 * the value of a secret's name of 64 KiB at most, and 512 open brackets.
 *
 * What is no JSON any more is a plain text from there on; it is refused where places are masked,
 * since nobody could say what stands where.
 */
export class JsonMask implements TextStream, JsonHandler {
  readonly #options: JsonMaskOptions;
  readonly #reader: JsonReader;
  readonly #out = new Rewriting();
  readonly #places: Places;
  readonly #names: Names;
  readonly #name = new LastName();
  readonly #search: { readonly mask: TextMask; readonly quiet: QuietStretch } | undefined;
  /** Somebody asks what members are called. */
  readonly #named: boolean;
  #bytes: Buffer = NOTHING;
  /** Where the string goes that comes in parts; undefined: it passes. */
  #sink: TextSink | undefined;
  #inName = false;
  /** Quotes around the string that the sink does not write, on each side. */
  #quotes = 1;

  constructor(options: JsonMaskOptions) {
    const { text, fields } = options.masks;
    this.#options = options;
    this.#places = new Places(fields);
    this.#named = fields !== undefined || options.verbatim !== undefined;
    this.#search = text && { mask: text, quiet: new QuietStretch(text) };
    this.#names = Names.for(text);
    this.#reader = new JsonReader(this, options.side);
  }

  push(bytes: Buffer): Buffer {
    return bytes.length === 0 ? NOTHING : this.#advance(bytes, false);
  }

  flush(): Buffer {
    return this.#advance(NOTHING, true);
  }

  begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#out.begin(bytes);
    this.#search?.quiet.begin(bytes);
  }

  openObject(): void {
    this.#places.open(false);
  }

  openArray(): void {
    this.#places.open(true);
  }

  close(): void {
    this.#places.close();
  }

  string(start: number, end: number, key: boolean, escapes: boolean): void {
    const sink = key ? this.#wholeName(start, end, escapes) : this.#wholeValue(start, end, escapes);
    if (sink === undefined) return;
    readString(this.#bytes, start + 1, end - 1, sink);
    sink.end();
    this.#out.leaveOutTo(end - this.#quotes);
  }

  openString(start: number, key: boolean): void {
    if (key) this.#name.open();
    this.#inName = key;
    this.#sink = key ? this.#nameSink(start) : this.#valueSink(this.#places.value(), start);
  }

  plain(part: Buffer): void {
    this.#sink?.plain(part);
    if (this.#inName) this.#addToName(part);
  }

  escape(raw: Buffer, text: Buffer): void {
    this.#sink?.escape(raw, text);
    if (this.#inName) this.#name.add(text);
  }

  closeString(end: number): void {
    this.#sink?.end();
    if (this.#sink !== undefined) this.#out.leaveOutTo(end - this.#quotes);
    this.#sink = undefined;
    if (!this.#inName) return;
    this.#inName = false;
    this.#enter(this.#name.close(this.#names, end));
  }

  scalar(start: number, end: number): void {
    const { mask } = this.#places.value();
    const { count } = this.#options;
    if (mask !== undefined) {
      const text = this.#bytes.toString('latin1', start, end);
      if (text === 'null') return;
      count(mask.rule, text === 'true' || text === 'false' ? undefined : text);
      this.#replace(start, end, NULL);
      return;
    }
    if (this.#search === undefined || !this.#search.quiet.mayFind(start, end)) return;
    const shown = this.#search.mask.value(this.#bytes, start, end, count);
    if (shown !== undefined) this.#replace(start, end, shown.length === 0 ? NULL : Buffer.concat([QUOTE, escaped(shown), QUOTE]));
  }

  text(start: number): void {
    const { masks, count, side } = this.#options;
    if (masks.fields !== undefined)
      throw new ProtocolError(side, 'The body says that it is JSON and is none: nobody can say where in it the masked fields stand.');
    if (masks.text === undefined) return;
    this.#out.keepTo(start);
    this.#sink = new EncodedText(this.#out, masks.text.runs(), count, (shown) => shown);
  }

  #advance(piece: Buffer, final: boolean): Buffer {
    const read = this.#reader.push(piece, final);
    if (this.#sink !== undefined) {
      if (final) this.#sink.end();
      else this.#sink.settle();
      this.#out.leaveOutTo(read);
    }
    this.#name.leave(this.#bytes, read);
    return this.#out.take(read);
  }

  #replace(start: number, end: number, by: Buffer): void {
    this.#out.keepTo(start);
    this.#out.write(by);
    this.#out.leaveOutTo(end);
  }

  /** @returns what it must be read into; undefined: it is done with. */
  #wholeName(start: number, end: number, escapes: boolean): TextSink | undefined {
    const bytes = this.#bytes;
    if (escapes) {
      this.#name.open();
      readString(bytes, start + 1, end - 1, { plain: (part) => this.#addToName(part), escape: (_raw, text) => this.#name.add(text) });
      this.#enter(this.#name.close(this.#names, end));
      return this.#nameSink(start);
    }
    const name = this.#names.of(bytes, start + 1, end - 1);
    this.#name.set(name, end);
    this.#enter(name);
    if (name.mayHold && this.#search !== undefined) this.#maskText(start + 1, end - 1, this.#search.mask);
    return undefined;
  }

  /** See {@link #wholeName}. */
  #wholeValue(start: number, end: number, escapes: boolean): TextSink | undefined {
    const place = this.#places.value();
    if (place.mask === undefined && this.#name.secret(this.#bytes, start) === undefined) {
      if (this.#search === undefined || !this.#mayHold(start, end, escapes)) return undefined;
      if (!escapes && this.#options.verbatim === undefined) {
        this.#maskText(start + 1, end - 1, this.#search.mask);
        return undefined;
      }
    }
    return this.#valueSink(place, start);
  }

  #enter({ text }: Name): void {
    if (this.#named) this.#places.member(text);
  }

  #addToName(part: Buffer): void {
    if (part[0] === BACKSLASH && !this.#places.clear)
      throw new ProtocolError(
        this.#options.side,
        'A name in the JSON body has an unknown escape: nobody can say whether its field is a masked one.',
      );
    this.#name.add(part);
  }

  /** Whether something may be found in a string by its form. */
  #mayHold(start: number, end: number, escapes: boolean): boolean {
    if (this.#search === undefined) return false;
    const { mask, quiet } = this.#search;
    if (!escapes) return quiet.mayFind(start, end);
    const text = decoded(this.#bytes, start + 1, end - 1);
    return mask.mayFind(text, 0, text.length);
  }

  /** A text without escapes. */
  #maskText(start: number, end: number, mask: TextMask): void {
    const runs = mask.runs();
    let at = start;
    for (const { length, hit } of [...runs.push(this.#bytes.subarray(start, end)), ...runs.flush()]) {
      if (hit?.goesOn === false) this.#options.count(hit.rule, hit.hidden);
      if (hit !== undefined) this.#replace(at, at + length, escaped(hit.shown));
      at += length;
    }
  }

  #nameSink(start: number): TextSink | undefined {
    return this.#search && this.#textSink(start, this.#search.mask.runs());
  }

  #valueSink(place: FieldPlace, start: number): TextSink | undefined {
    const { count, verbatim } = this.#options;
    const mask = this.#search?.mask;
    if (verbatim?.at(this.#places.way()) === true) {
      if (place.mask !== undefined) verbatim.count(place.mask.rule);
      return mask && this.#textSink(start, mask.runs(), verbatim.count, 'nothing');
    }
    if (place.mask !== undefined) {
      this.#out.keepTo(start);
      this.#quotes = 0;
      return new MaskedValue(this.#out, place.mask, count, (shown) => Buffer.from(JSON.stringify(shown)));
    }
    if (mask === undefined) return undefined;
    const secret = this.#name.secret(this.#bytes, start);
    return this.#textSink(start, secret === undefined ? mask.runs() : new NamedRuns(mask, secret.before, secret.rule));
  }

  #textSink(start: number, runs: TextRuns, count: CountHit = this.#options.count, encode: Encode | 'nothing' = escaped): TextSink {
    this.#out.keepTo(start + 1);
    this.#quotes = 1;
    return new EncodedText(this.#out, runs, count, encode === 'nothing' ? undefined : encode);
  }
}
