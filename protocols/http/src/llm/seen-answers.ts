import type { TextStream } from '@sallyport/core';
import { JsonMask } from '../body/json/json-mask.ts';
import { EventDecoder } from '../sse/decoder.ts';
import { dataOf } from '../sse/event.ts';
import { isOpen, type LlmMasks } from './answer-masks.ts';
import { type Json, parsed } from './json-value.ts';

/** The largest answer or event that is read for the record alone, in bytes. */
const READ_LIMIT = 4 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** An answer without texts of its own, or without masks: it passes as it comes, and is read for the record. */
export class SeenAnswer implements TextStream {
  readonly #mask: TextStream | undefined;
  readonly #read: (answer: Json) => void;
  readonly #record: (bytes: Buffer) => void;
  #seen: Buffer[] | undefined = [];
  #size = 0;

  constructor({ masks, side, count }: LlmMasks, read: (answer: Json) => void, record: (bytes: Buffer) => void) {
    this.#mask = isOpen(masks) ? undefined : new JsonMask({ masks, side, count });
    this.#read = read;
    this.#record = record;
  }

  push(bytes: Buffer): Buffer {
    return this.#pass(this.#mask?.push(bytes) ?? bytes);
  }

  flush(): Buffer {
    const rest = this.#pass(this.#mask?.flush() ?? NOTHING);
    if (this.#seen !== undefined) this.#read(parsed(Buffer.concat(this.#seen)));
    return rest;
  }

  #pass(bytes: Buffer): Buffer {
    this.#size += bytes.length;
    if (this.#size > READ_LIMIT) this.#seen = undefined;
    this.#seen?.push(bytes);
    this.#record(bytes);
    return bytes;
  }
}

/** A streamed answer without masks: its bytes pass as they come, and are read for the record as far as they can be. */
export class SeenEvents implements TextStream {
  #events: EventDecoder | undefined = new EventDecoder(READ_LIMIT);
  readonly #event: (data: Json) => void;
  readonly #record: (bytes: Buffer) => void;

  constructor(event: (data: Json) => void, record: (bytes: Buffer) => void) {
    this.#event = event;
    this.#record = record;
  }

  push(bytes: Buffer): Buffer {
    this.#record(bytes);
    quietly(() => {
      const events = this.#events;
      // Too large to be read is not too large to pass.
      this.#events = undefined;
      for (const event of events?.push(bytes) ?? []) this.#event(parsed(dataOf(event) ?? NOTHING));
      this.#events = events;
    });
    return bytes;
  }

  flush(): Buffer {
    return NOTHING;
  }
}

/** What cannot be read (JSON of a thousand brackets) is missing in the conversation; what passes does not hang on it. */
export function quietly(read: () => void): void {
  try {
    read();
  } catch {
    // The exchange's messages have it.
  }
}
