import type { ChannelItem, ReplayItem } from '@sallyport/core';
import { Screen, TerminalFilter } from '@sallyport/recording';

/** Empties the terminal for a screen that is drawn anew. */
const EMPTY = '\u001b[0m\u001b[H\u001b[2J';

/**
 * Plays one channel's terminal in the own one: the channel that was asked for, or the first that has a
 * terminal. What comes before the beginning is drawn at once, as the screen that it left.
 */
export class TerminalPlayer {
  readonly #begin: number;
  readonly #screen = new Screen();
  #channel: number | undefined;
  #filter: TerminalFilter | undefined;
  #begun = false;
  #over = false;

  /** @param begin milliseconds since the epoch. */
  constructor(begin: number, channel?: number) {
    this.#begin = begin;
    this.#channel = channel;
  }

  /** The channel's terminal is open. */
  get playing(): boolean {
    return this.#filter !== undefined;
  }

  /** What comes is played, no longer drawn. */
  get begun(): boolean {
    return this.#begun;
  }

  /** The size of the recorded terminal. */
  get size(): { readonly columns: number; readonly rows: number } {
    return this.#screen.size;
  }

  /** @returns what the own terminal gets; undefined for what is none of this channel's terminal. */
  async play(item: ReplayItem): Promise<string | undefined> {
    if (!isOfChannel(item) || this.#over || (this.#channel !== undefined && item.channel !== this.#channel)) return undefined;
    if (item.type === 'screen') {
      this.#channel = item.channel;
      this.#filter ??= new TerminalFilter();
      this.#screen.resize(item.columns, item.rows);
      return '';
    }
    if (this.#filter === undefined || item.type === 'program') return undefined;
    if (item.type === 'exit') return (await this.catchUp()) + this.end();
    if (!this.#begun && item.at < this.#begin) {
      this.#screen.write(item.data);
      return '';
    }
    const before = await this.catchUp();
    return before + this.#filter.push(item.data);
  }

  /** Brings the own terminal back to what it was. */
  end(): string {
    const text = this.#filter?.end();
    this.#filter = undefined;
    this.#over ||= text !== undefined;
    return text === undefined ? '' : `${text}\r\n`;
  }

  /** Draws the screen as it is by now. From here on everything is played. */
  async catchUp(): Promise<string> {
    if (this.#begun) return '';
    this.#begun = true;
    if (this.#filter === undefined || this.#screen.empty) return '';
    return EMPTY + this.#filter.push(Buffer.from(await this.#screen.draw()));
  }
}

function isOfChannel(item: ReplayItem): item is ChannelItem {
  return 'channel' in item;
}
