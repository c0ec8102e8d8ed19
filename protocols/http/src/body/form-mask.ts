import type { ContentMasks, CountHit, FieldPlace, TextRuns, TextStream } from '@sallyport/core';
import { EncodedText, type TextSink } from './encoded-text.ts';
import { hexAt } from './hex-digit.ts';
import { LastName } from './json/last-name.ts';
import { NamedRuns } from './json/named-runs.ts';
import { Names } from './json/names.ts';
import { MaskedValue } from './masked-value.ts';
import { Rewriting } from './rewriting.ts';

const NOTHING = Buffer.alloc(0);
const [AMPERSAND, EQUALS, PERCENT, PLUS] = [0x26, 0x3d, 0x25, 0x2b];
const SPACE = Buffer.from(' ');

/**
 * Masks a form as it passes ({@link https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 * application/x-www-form-urlencoded}): names and values by their form, and the values of masked
 * fields, which are members of the root. What is not masked keeps its spelling.
 */
export class FormMask implements TextStream {
  readonly #masks: ContentMasks;
  readonly #count: CountHit;
  readonly #out = new Rewriting();
  readonly #names: Names;
  readonly #name = new LastName();
  #sink: TextSink | undefined;
  #inName = true;
  #carried: Buffer = NOTHING;

  constructor(masks: ContentMasks, count: CountHit) {
    this.#masks = masks;
    this.#count = count;
    this.#names = Names.for(masks.text);
    this.#beginName();
  }

  push(bytes: Buffer): Buffer {
    return bytes.length === 0 ? NOTHING : this.#advance(bytes, false);
  }

  flush(): Buffer {
    return this.#advance(NOTHING, true);
  }

  #advance(piece: Buffer, final: boolean): Buffer {
    const bytes = Buffer.concat([this.#carried, piece]);
    this.#out.begin(bytes);
    const read = this.#read(bytes, final);
    this.#carried = Buffer.from(bytes.subarray(read));
    if (final) this.#sink?.end();
    else this.#sink?.settle();
    if (this.#sink !== undefined) this.#out.leaveOutTo(read);
    return this.#out.take(read);
  }

  /** @returns how much was read: all but an escape that is cut. */
  #read(bytes: Buffer, final: boolean): number {
    let part = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte !== PERCENT && byte !== PLUS && byte !== AMPERSAND && !(byte === EQUALS && this.#inName)) continue;
      if (byte === PERCENT && at + 3 > bytes.length && !final) {
        this.#plain(bytes.subarray(part, at));
        return at;
      }
      const hex = byte === PERCENT ? hexAt(bytes, at + 1, 2) : 0;
      if (hex < 0) continue;
      this.#plain(bytes.subarray(part, at));
      if (byte === PERCENT) this.#escape(bytes.subarray(at, at + 3), Buffer.from([hex]));
      else if (byte === PLUS) this.#escape(bytes.subarray(at, at + 1), SPACE);
      else this.#separate(at, byte === EQUALS);
      part = at + (byte === PERCENT ? 3 : 1);
      at = part - 1;
    }
    this.#plain(bytes.subarray(part));
    return bytes.length;
  }

  /** A name or a value ends at `at`, and a value or a name follows. */
  #separate(at: number, value: boolean): void {
    this.#sink?.end();
    if (this.#sink !== undefined) this.#out.leaveOutTo(at);
    this.#out.keepTo(at + 1);
    if (value) this.#beginValue();
    else this.#beginName();
  }

  #beginName(): void {
    this.#inName = true;
    this.#name.open();
    this.#sink = this.#masks.text && this.#textSink(this.#masks.text.runs());
  }

  #beginValue(): void {
    this.#inName = false;
    const name = this.#name.close(this.#names, 0);
    const { text, fields } = this.#masks;
    const place: FieldPlace | undefined = fields?.root.member(name.text);
    if (place?.mask !== undefined) {
      this.#sink = new MaskedValue(this.#out, place.mask, this.#count, (shown) => encoded(Buffer.from(shown ?? '')));
      return;
    }
    const before = Buffer.concat([Buffer.from('"'), name.ending, Buffer.from('":"')]);
    this.#sink = text && this.#textSink(name.secret === undefined ? text.runs() : new NamedRuns(text, before, name.secret));
  }

  #textSink(runs: TextRuns): TextSink {
    return new EncodedText(this.#out, runs, this.#count, encoded);
  }

  #plain(part: Buffer): void {
    if (part.length === 0) return;
    this.#sink?.plain(part);
    if (this.#inName) this.#name.add(part);
  }

  #escape(raw: Buffer, text: Buffer): void {
    this.#sink?.escape(raw, text);
    if (this.#inName) this.#name.add(text);
  }
}

function encoded(text: Buffer): Buffer {
  return Buffer.from(new URLSearchParams([['', text.toString()]]).toString().slice(1));
}
