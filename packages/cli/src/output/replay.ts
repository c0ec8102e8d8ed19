import type { SessionRow } from '@sallyport/core';
import type { RecordedEvent, Replayed, ResultEvent } from '@sallyport/recording';
import colours from 'picocolors';
import { ChannelPrinter } from './channels.ts';
import { formatDuration } from './duration.ts';
import { ExchangePrinter, rulingLine } from './exchanges.ts';
import { type ResultPrinter, tablePrinter } from './results.ts';
import { inColour } from './state.ts';
import { localTime } from './terminal.ts';
import { visible, visibleLines } from './visible.ts';

/** Turns what a recording shows into text, item by item. */
export class ReplayPrinter {
  readonly #session: SessionRow;
  readonly #table: ResultPrinter;
  readonly #channels: ChannelPrinter;
  readonly #exchanges: ExchangePrinter;

  /**
   * @param available terminal cells.
   * @param channel the only one whose output is shown.
   */
  constructor(session: SessionRow, available: number, channel?: number) {
    this.#session = session;
    this.#table = tablePrinter(available);
    this.#channels = new ChannelPrinter((at) => this.#clock(at), channel);
    this.#exchanges = new ExchangePrinter((at) => this.#clock(at));
  }

  head(): string {
    const { id, identity, actingFor, target, client, startedAt } = this.#session;
    const who = actingFor === null ? identity : `${identity} for ${actingFor}`;
    return `${colours.bold(visible(`${id}: ${who} at ${target}, from ${client}`))}\n${localTime(new Date(startedAt).toISOString())}\n`;
  }

  /** @returns '' for what nobody needs to see. */
  show(replayed: Replayed): string {
    switch (replayed.kind) {
      case 'command': {
        const { command } = replayed;
        if (this.#exchanges.command(command)) return '';
        const parameters = command.parameters.map((value, at) => `          $${at + 1} = ${value === null ? 'NULL' : visible(value)}\n`);
        return `\n${this.#clock(replayed.at)}${colours.bold(indented(visibleLines(command.text)))}\n${parameters.join('')}${rulingLine(command)}`;
      }
      case 'item':
        return this.#item(replayed.item);
      case 'event':
        return this.#event(replayed.event);
    }
  }

  end(): string {
    const { state, endedAt } = this.#session;
    const rest = this.#channels.end() + this.#exchanges.end();
    return endedAt === null ? `${rest}\n${inColour(state)}\n` : `${rest}\n${this.#clock(endedAt)}${inColour(state)}\n`;
  }

  #item(item: Extract<Replayed, { kind: 'item' }>['item']): string {
    switch (item.type) {
      case 'columns':
        return this.#table.columns(item.names);
      case 'row':
        return this.#table.row(item.cells);
      case 'done':
        return `${this.#table.done()}${this.#clock(item.at)}${visible(item.tag)}\n`;
      case 'error':
        return `${this.#table.done()}${this.#clock(item.at)}${colours.red(`ERROR ${visible(item.code)}: ${visible(item.message)}`)}\n`;
      case 'notice':
        return `${this.#clock(item.at)}${colours.yellow(visible(item.message))}\n`;
      case 'data':
        return visibleLines(item.text);
      default:
        return 'exchange' in item ? this.#exchanges.show(item) : this.#channels.show(item);
    }
  }

  #event(event: RecordedEvent): string {
    switch (event.type) {
      case 'result':
        return this.#result(event);
      case 'llm':
        return this.#exchanges.conversation(event);
      case 'released':
      case 'deferred':
      case 'denied':
      case 'expired':
      case 'cancelled': {
        const { approval, reason } = event as { approval?: string; reason?: string };
        const told = event.type === 'deferred' ? 'deferred: the client is to ask again' : event.type;
        const words = [told, ...(approval === undefined ? [] : [`approval ${approval}`]), ...(reason === undefined ? [] : [reason])];
        const { command } = event;
        const mark = event.type === 'released' ? this.#exchanges.mark(command) : this.#exchanges.refused(command);
        return `${this.#clock(event.at)}${mark}${inColour(visible(words.join(': ')), event.type)}\n`;
      }
      default:
        return '';
    }
  }

  #result(event: RecordedEvent): string {
    const { rows, duration_ms: duration, masked, exit, status, bytes, error } = event as unknown as Partial<ResultEvent>;
    const { text: before, mark } = this.#exchanges.ended(event['command'], error !== undefined);
    const ofHttp = status !== undefined || mark !== '';
    const parts = [
      ...(status === undefined ? [] : [String(status)]),
      // A program has an exit status instead, an answer its bytes.
      ...(rows === undefined || exit !== undefined || ofHttp ? [] : [`${rows} rows`]),
      ...(ofHttp && bytes !== undefined ? [`${bytes} bytes`] : []),
      ...(duration === undefined || duration === null ? [] : [formatDuration(duration)]),
      ...Object.entries(masked ?? {}).map(([rule, count]) => `${count} masked by ${rule}`),
    ];
    // What a database or a program says of its error is among its answers.
    const failed =
      ofHttp && status === undefined && error !== undefined ? `          ${colours.red(visible(`${error.code}: ${error.message}`))}\n` : '';
    return `${before}          ${mark}${colours.dim(visible(parts.join(' · ')))}\n${failed}`;
  }

  /** Seconds since the session began. */
  #clock(at: number): string {
    return colours.dim(`${((at - this.#session.startedAt) / 1_000).toFixed(3).padStart(8)}  `);
  }
}

/** Further lines of a statement stand below its first one. */
function indented(text: string): string {
  return text.replaceAll('\n', '\n          ');
}
