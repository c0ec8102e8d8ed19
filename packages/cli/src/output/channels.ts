import type { ChannelItem } from '@sallyport/core';
import { PlainLines } from '@sallyport/recording';
import colours from 'picocolors';
import { visible, visibleLines } from './visible.ts';

/** Turns what a recording shows of channels into lines of text: no sequence of theirs reaches a terminal. */
export class ChannelPrinter {
  readonly #clock: (at: number) => string;
  readonly #only: number | undefined;
  readonly #lines = new Map<string, PlainLines>();
  /** The channel that said something last, and whose name stands above its lines. */
  #speaking: string | undefined;

  /** @param only the only channel to show. */
  constructor(clock: (at: number) => string, only?: number) {
    this.#clock = clock;
    this.#only = only;
  }

  show(item: ChannelItem): string {
    const { channel, at } = item;
    if (this.#only !== undefined && channel !== this.#only) return '';
    const said = (text: string): string => `${this.#finish(channel)}${this.#clock(at)}channel ${channel}  ${text}\n`;
    switch (item.type) {
      case 'program':
        this.#speaking = undefined;
        // The command itself is an event beside it.
        return said(colours.dim(visible(item.kind === 'subsystem' ? `${item.kind} ${item.command}` : item.kind)));
      case 'screen':
        return said(colours.dim(`${item.columns}x${item.rows}`));
      case 'exit':
        return said(item.signal === null ? `exit ${item.status}` : `ended by ${visible(item.signal)}`);
      case 'output':
        return this.#output(item);
    }
  }

  end(): string {
    return [...this.#lines.keys()].map((name) => this.#endOf(name)).join('');
  }

  #output({ channel, stream, data }: Extract<ChannelItem, { readonly type: 'output' }>): string {
    const name = `${channel} ${stream}`;
    const lines = this.#lines.get(name) ?? new PlainLines();
    this.#lines.set(name, lines);
    return this.#named(name, lines.push(data));
  }

  #finish(channel: number): string {
    return this.#endOf(`${channel} stdout`) + this.#endOf(`${channel} stderr`);
  }

  #endOf(name: string): string {
    const rest = this.#lines.get(name)?.end() ?? '';
    this.#lines.delete(name);
    return this.#named(name, rest);
  }

  #named(name: string, text: string): string {
    if (text === '') return '';
    const head = this.#speaking === undefined || this.#speaking === name ? '' : colours.dim(`channel ${name}:\n`);
    this.#speaking = name;
    return head + visibleLines(text);
  }
}
