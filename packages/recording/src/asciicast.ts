import { type ChannelItem, GatewayError, type Protocol, type SessionRow, type Store } from '@sallyport/core';
import { type Replayed, replay } from './replay.ts';
import { screenSize } from './screen.ts';
import { sessionRow } from './session-json.ts';
import { TerminalFilter } from './terminal-filter.ts';

/** Events that stand as markers beside the output, where one jumps to. */
const MARKED = new Set(['denied', 'released', 'expired', 'cancelled', 'output-limit']);

/**
 * One terminal of a session as {@link https://docs.asciinema.org/manual/asciicast/v2/ asciicast v2}, line by
 * line: output that may go to any terminal (see {@link TerminalFilter}), changes of its size, and markers
 * where the gateway decided something. What was typed is not in it.
 *
 * @param channel undefined: the first that has a terminal.
 * @throws GatewayError ERR_RECORDING when there is no such session or terminal, or its record cannot be read.
 */
export async function* exportAsciicast(
  store: Store,
  id: string,
  decode: Protocol['decodeRecording'],
  channel?: number,
): AsyncGenerator<Buffer> {
  const row = await sessionRow(store, id);
  const cast = new Asciicast(row, channel);
  for await (const replayed of replay(store, id, decode)) yield* cast.lines(replayed);
  if (!cast.begun) {
    const which = channel === undefined ? '' : ` in its channel ${channel}`;
    throw new GatewayError('ERR_RECORDING', `Session ${id} had no terminal${which}: \`sallyport replay ${id}\` shows what it had.`);
  }
  yield* cast.end();
}

class Asciicast {
  readonly #row: SessionRow;
  readonly #filter = new TerminalFilter();
  #channel: number | undefined;
  #start = 0;
  #last = 0;
  begun = false;
  #over = false;

  constructor(row: SessionRow, channel: number | undefined) {
    this.#row = row;
    this.#channel = channel;
  }

  *lines(replayed: Replayed): Generator<Buffer> {
    if (this.#over) return;
    if (replayed.kind === 'item' && 'channel' in replayed.item) yield* this.#item(replayed.item);
    else if (replayed.kind === 'event' && this.begun && MARKED.has(replayed.event.type))
      yield this.#line(replayed.at, 'm', replayed.event.type);
  }

  *end(): Generator<Buffer> {
    if (!this.#over) yield this.#line(this.#last, 'o', this.#filter.end());
    this.#over = true;
  }

  *#item(item: ChannelItem): Generator<Buffer> {
    if (this.#channel !== undefined && item.channel !== this.#channel) return;
    if (item.type === 'screen') {
      const { columns, rows } = screenSize(item.columns, item.rows);
      if (this.begun) yield this.#line(item.at, 'r', `${columns}x${rows}`);
      else yield this.#head(item, columns, rows);
    } else if (this.begun && item.type === 'output') {
      const text = this.#filter.push(item.data);
      if (text !== '') yield this.#line(item.at, 'o', text);
    } else if (this.begun && item.type === 'exit') yield* this.end();
  }

  #head({ channel, at }: ChannelItem, width: number, height: number): Buffer {
    this.#channel = channel;
    this.#start = at;
    this.#last = at;
    this.begun = true;
    const { id, identity, target } = this.#row;
    const title = `${id}: ${identity} at ${target}`;
    return Buffer.from(`${JSON.stringify({ version: 2, width, height, timestamp: Math.floor(at / 1_000), title })}\n`);
  }

  /** Times never go back: what was seen before it was recorded comes at once. */
  #line(at: number, code: 'o' | 'r' | 'm', text: string): Buffer {
    this.#last = Math.max(this.#last, at);
    return Buffer.from(`${JSON.stringify([(this.#last - this.#start) / 1_000, code, text])}\n`);
  }
}
