import { type CountHit, ProtocolError, type TextMask, type TextStream } from '@sallyport/core';
import { EventDecoder } from '../sse/decoder.ts';
import { encodeEvent } from '../sse/encoder.ts';
import { dataOf, eolOf, fieldOf, type ServerSentEvent } from '../sse/event.ts';
import { EventMask } from '../sse/event-mask.ts';
import { type LlmMasks, maskedDocument, ruleAt, type Shown, textsMask } from './answer-masks.ts';
import type { Delta, Dialect, Reading } from './dialect.ts';
import { type Json, numberAt, type Place, parsed, textAt } from './json-value.ts';
import { PartMask } from './part-mask.ts';

/** Texts that one answer may have at a time: choices, blocks and calls. */
const PARTS_LIMIT = 1024;

/** Follows what leaves, as it is recorded. */
export interface AnswerObserver {
  /** The data of an event. */
  event(value: Json): void;
  /** Called once for each push, and for the flush. */
  bytes(recorded: Buffer): void;
}

interface Part {
  readonly mask: PartMask;
  readonly form: Delta['form'];
  /** Of its last piece. */
  carrier: Delta['carrier'];
  name: string | undefined;
}

/**
 * Masks a streamed answer: each of its texts across the pieces that it comes in, and all else event by event. Each event
 * leaves with the push that completes it, with as much of its text as cannot become a hit any more. What is held back of a
 * text leaves before the event that ends it, in an event of its own. What no mask concerns leaves byte for byte.
 */
export class StreamedAnswer implements TextStream {
  readonly #events = new EventDecoder();
  readonly #dialect: Dialect;
  readonly #structured: boolean;
  readonly #by: LlmMasks;
  /** For what says again what was said: hits of a rule that has counted some are none. */
  readonly #again: LlmMasks;
  readonly #silent: LlmMasks;
  readonly #mask: EventMask;
  readonly #observer: AnswerObserver;
  readonly #parts = new Map<string, Part>();
  #sequence: number | undefined;
  #sent: Buffer[] = [];
  #recorded: Buffer[] = [];
  /** How the last event ended its lines. */
  #eol = '\n';

  constructor(dialect: Dialect, structured: boolean, by: LlmMasks, observer: AnswerObserver) {
    this.#dialect = dialect;
    this.#structured = structured;
    const counted = new Set<string>();
    const count: CountHit = (rule, hidden) => {
      counted.add(rule);
      by.count(rule, hidden);
    };
    this.#by = { ...by, count };
    this.#silent = { ...by, count: () => {}, countSigned: () => {} };
    this.#again = { ...by, count: (rule, hidden) => void (counted.has(rule) || by.count(rule, hidden)) };
    this.#mask = new EventMask(by.masks, count);
    this.#observer = observer;
  }

  /** @throws ProtocolError for an event above 16 MiB, and for more than 1024 texts at a time. */
  push(bytes: Buffer): Buffer {
    for (const event of this.#events.push(bytes)) this.#take(event);
    return this.#leave();
  }

  flush(): Buffer {
    const rest = this.#events.flush();
    if (rest === undefined) this.#end(undefined, ['']);
    else this.#take(rest);
    return this.#leave();
  }

  #leave(): Buffer {
    const sent = Buffer.concat(this.#sent);
    this.#observer.bytes(this.#recorded.every((bytes, index) => bytes === this.#sent[index]) ? sent : Buffer.concat(this.#recorded));
    this.#sent = [];
    this.#recorded = [];
    return sent;
  }

  #take(event: ServerSentEvent): void {
    if (event.lead.length > 0) this.#put({ sent: event.lead, recorded: event.lead });
    if (event.lines.length > 0) this.#eol = eolOf(event).toString();
    const isLast = event.end.length === 0;
    const data = dataOf(event);
    const value = data && parsed(data);
    if (data === undefined || typeof value !== 'object' || value === null) {
      // `[DONE]`, or the stream ends.
      if (isLast || data?.toString().trim() === '[DONE]') this.#end(undefined, ['']);
      const shown = this.#mask.shown(event);
      this.#put({ sent: shown, recorded: shown });
      return;
    }
    const reading = this.#dialect.event(value, this.#structured);
    const pieces = this.#read(reading, fieldOf(event, 'event'));
    this.#end(pieces, isLast ? [''] : reading.ends);
    const { sent, recorded } = this.#shown(data, value, reading, pieces);
    const line = this.#mask.withData(event, sent);
    this.#put({ sent: line, recorded: recorded === sent ? line : this.#mask.withData(event, recorded) });
    this.#observer.event(recorded === data ? value : parsed(recorded));
    this.#sequence = numberAt(value, 'sequence_number') ?? this.#sequence;
  }

  #put({ sent, recorded }: Shown): void {
    this.#sent.push(sent);
    this.#recorded.push(recorded);
  }

  /** What of each delta leaves now. */
  #read(reading: Reading, name: string | undefined): Map<Delta, string> {
    const pieces = new Map<Delta, string>();
    const { text } = this.#by.masks;
    if (text === undefined) return pieces;
    for (const delta of reading.deltas) {
      const part = this.#parts.get(delta.part) ?? this.#begin(delta, text);
      part.carrier = delta.carrier;
      part.name = name;
      pieces.set(delta, part.mask.push(delta.text));
    }
    return pieces;
  }

  #begin(delta: Delta, text: TextMask): Part {
    if (this.#parts.size >= PARTS_LIMIT)
      throw new ProtocolError('target', `The target's answer has more than ${PARTS_LIMIT} texts at a time.`);
    const { count, countSigned } = this.#by;
    const stream = delta.form === 'json' ? textsMask(this.#by, text, count) : text.stream(delta.form === 'signed' ? countSigned : count);
    const part: Part = { mask: new PartMask(stream), form: delta.form, carrier: delta.carrier, name: undefined };
    this.#parts.set(delta.part, part);
    return part;
  }

  /** Lets go of what is held back: in the piece that is there, or in an event before. */
  #end(pieces: Map<Delta, string> | undefined, ends: readonly string[]): void {
    for (const [key, part] of ends.length === 0 ? [] : [...this.#parts]) {
      if (!ends.some((prefix) => key.startsWith(prefix))) continue;
      this.#parts.delete(key);
      const tail = part.mask.flush();
      if (tail === '') continue;
      const own = pieces && [...pieces].findLast(([delta]) => delta.part === key);
      if (own === undefined) this.#insert(part, tail);
      else pieces?.set(own[0], own[1] + tail);
    }
  }

  #insert(part: Part, tail: string): void {
    const carrier = part.carrier(tail) as object;
    const value = this.#sequence === undefined ? carrier : { ...carrier, sequence_number: this.#sequence };
    const json = Buffer.from(JSON.stringify(value));
    const reading = this.#dialect.event(value, this.#structured);
    const { recorded: data } = this.#shown(json, value, reading, new Map());
    const name = part.name === undefined ? undefined : (textAt(value, 'type') ?? part.name);
    const bytes = encodeEvent({ name, data: data.toString() }, this.#eol);
    this.#put({ sent: part.form === 'signed' ? Buffer.alloc(0) : bytes, recorded: bytes });
    this.#observer.event(parsed(data));
  }

  #shown(data: Buffer, value: Json, reading: Reading, pieces: ReadonlyMap<Delta, string>): Shown {
    const edits = [...pieces]
      .filter(([delta, piece]) => piece !== delta.text)
      .map(([delta, piece]) => ({ delta, place: delta.place, json: JSON.stringify(piece) }));
    const open = edits.filter(({ delta }) => delta.form !== 'signed');
    const byPlace = reading.deltas.filter(({ place }) => ruleAt(place, this.#by.masks.fields) !== undefined);
    const places = (deltas: readonly Delta[]): Place[] => deltas.map(({ place }) => place);
    // Only what is signed stays where its place is masked.
    const left = places(reading.deltas.filter((delta) => delta.form === 'signed' || !byPlace.includes(delta)));
    const by = reading.repeats === true ? this.#again : this.#by;
    const shown = maskedDocument(data, value, by, reading, left, open);
    if (open.length === edits.length && !byPlace.some(({ form }) => form === 'signed')) return shown;
    const masked = places(reading.deltas.filter((delta) => !byPlace.includes(delta)));
    return { sent: shown.sent, recorded: maskedDocument(data, value, this.#silent, reading, masked, edits).recorded };
  }
}
