import { type ContentMasks, type CountHit, ProtocolError } from '@sallyport/core';
import { JsonMask } from '../body/json/json-mask.ts';
import { rewritten } from './encoder.ts';
import { dataOf, type ServerSentEvent } from './event.ts';

const BRACKET = 0x5b;
const BRACE = 0x7b;
const QUOTE = 0x22;
/** `[DONE]`: how some streams of JSON say that they end. */
const WORD_IN_BRACKETS = /^\[\w+\]$/;

/** Masks events each on its own: their data, as JSON where it is that, and their other lines. */
export class EventMask {
  readonly #masks: ContentMasks;
  readonly #count: CountHit;

  constructor(masks: ContentMasks, count: CountHit) {
    this.#masks = masks;
    this.#count = count;
  }

  /** @throws ProtocolError for broken JSON where places in it are masked. */
  shown(event: ServerSentEvent): Buffer {
    const data = dataOf(event);
    return this.withData(event, data && this.#data(data));
  }

  /** @param data already masked; undefined: the event has none. */
  withData(event: ServerSentEvent, data: Buffer | undefined): Buffer {
    const { text } = this.#masks;
    return rewritten(event, data, (line) => text?.value(line, 0, line.length, this.#count));
  }

  #data(data: Buffer): Buffer {
    const { text, fields } = this.#masks;
    const isJson = mayBeJson(data);
    if (isJson && parses(data)) return this.#json(data, this.#masks);
    if (isJson && fields !== undefined && !WORD_IN_BRACKETS.test(data.toString().trim())) {
      throw new ProtocolError('target', 'The target sent an event whose data is broken JSON, in which values had to be masked.');
    }
    if (text === undefined) return data;
    const shown = text.value(data, 0, data.length, this.#count) ?? data;
    // What breaks off may still be read, escapes and all.
    return isJson ? this.#json(shown, { text, fields: undefined }) : shown;
  }

  #json(data: Buffer, masks: ContentMasks): Buffer {
    const mask = new JsonMask({ masks, count: this.#count, side: 'target' });
    return Buffer.concat([mask.push(data), mask.flush()]);
  }
}

/** It begins like an object, an array or a string. Other values of JSON read as text. */
function mayBeJson(data: Buffer): boolean {
  const first = data.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a);
  return first === BRACE || first === BRACKET || first === QUOTE;
}

function parses(data: Buffer): boolean {
  try {
    JSON.parse(data.toString());
    return true;
  } catch {
    return false;
  }
}
