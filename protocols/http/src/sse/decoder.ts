import { ProtocolError } from '@sallyport/core';
import { readEvent, type ServerSentEvent } from './event.ts';

const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const NOTHING = Buffer.alloc(0);

/** The most that one event may have, in bytes: a model's whole answer with pictures in it. */
const EVENT_LIMIT = 16 * 1024 * 1024;

/**
 * Cuts a `text/event-stream` into its events. `lead` and `raw` of all events, joined, are the bytes that came.
 * An event is there in the push that brings its empty line; where that ends with a CR, an LF that follows it is the next one's lead.
 */
export class EventDecoder {
  readonly #limit: number;
  /** The event that is not complete, and what stands before it. */
  #parts: Buffer[] = [];
  #size = 0;
  #lead: Buffer = NOTHING;
  #first = true;
  /** No byte of the line has come. */
  #lineStart = true;
  /** The last byte was a CR. */
  #cr = false;

  constructor(limit: number = EVENT_LIMIT) {
    this.#limit = limit;
  }

  /** @throws ProtocolError when an event is larger than the limit. */
  push(chunk: Buffer): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    let from = this.#strayLineFeed(chunk);
    let lineStart = this.#lineStart;
    let cr = this.#cr;
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte !== LF && byte !== CR) {
        lineStart = false;
        cr = false;
        continue;
      }
      if (byte === LF && cr) {
        cr = false;
        continue;
      }
      cr = byte === CR;
      if (lineStart) {
        if (cr && chunk[at + 1] === LF) {
          at += 1;
          cr = false;
        }
        this.#keep(chunk.subarray(from, at + 1));
        events.push(this.#take());
        from = at + 1;
      }
      lineStart = true;
    }
    this.#lineStart = lineStart;
    this.#cr = cr;
    this.#keep(chunk.subarray(from));
    return events;
  }

  /** What came behind the last empty line, as an event without an end; undefined when nothing did. */
  flush(): ServerSentEvent | undefined {
    return this.#size > 0 || this.#lead.length > 0 ? this.#take() : undefined;
  }

  /** The LF behind a CR that ended an event belongs to no event. @returns where the next one begins. */
  #strayLineFeed(chunk: Buffer): number {
    if (!this.#cr || this.#size > 0 || chunk[0] !== LF) return 0;
    this.#cr = false;
    this.#lead = chunk.subarray(0, 1);
    return 1;
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#size += bytes.length;
    if (this.#size > this.#limit) throw new ProtocolError('target', `The target sent an event of more than ${this.#limit} bytes.`);
    this.#parts.push(bytes);
  }

  #take(): ServerSentEvent {
    const raw = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    const marked = this.#first && raw.subarray(0, 3).equals(BYTE_ORDER_MARK);
    const event = marked ? readEvent(raw.subarray(0, 3), raw.subarray(3)) : readEvent(this.#lead, raw);
    this.#parts = [];
    this.#size = 0;
    this.#lead = NOTHING;
    this.#first = false;
    return event;
  }
}
