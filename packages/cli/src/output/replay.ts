import type { SessionRow } from '@sallyport/core';
import type { Replayed } from '@sallyport/recording';
import colours from 'picocolors';
import { ChannelPrinter } from './channels.ts';
import { formatDuration } from './duration.ts';
import { type ResultPrinter, tablePrinter } from './results.ts';
import { inColour } from './state.ts';
import { localTime } from './terminal.ts';
import { visible, visibleLines } from './visible.ts';

/** Turns what a recording shows into text, item by item. */
export class ReplayPrinter {
  readonly #session: SessionRow;
  readonly #table: ResultPrinter;
  readonly #channels: ChannelPrinter;

  /**
   * @param available terminal cells.
   * @param channel the only one whose output is shown.
   */
  constructor(session: SessionRow, available: number, channel?: number) {
    this.#session = session;
    this.#table = tablePrinter(available);
    this.#channels = new ChannelPrinter((at) => this.#clock(at), channel);
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
        const because = command.rule.length > 0 ? ` by ${command.rule.map(visible).join(', ')}` : '';
        const ruling = command.ruling === 'allow' ? '' : `          ${inColour(command.ruling)}${because}\n`;
        const parameters = command.parameters.map((value, at) => `          $${at + 1} = ${value === null ? 'NULL' : visible(value)}\n`);
        return `\n${this.#clock(replayed.at)}${colours.bold(indented(visibleLines(command.text)))}\n${parameters.join('')}${ruling}`;
      }
      case 'item':
        return this.#item(replayed.item);
      case 'event':
        return this.#event(replayed.event);
    }
  }

  end(): string {
    const { state, endedAt } = this.#session;
    const rest = this.#channels.end();
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
        return this.#channels.show(item);
    }
  }

  #event(event: Extract<Replayed, { kind: 'event' }>['event']): string {
    switch (event.type) {
      case 'result': {
        const {
          rows,
          duration_ms: duration,
          masked,
          exit,
        } = event as { rows?: number; duration_ms?: number | null; masked?: Record<string, number>; exit?: unknown };
        const parts = [
          // A program has an exit status instead.
          ...(rows === undefined || exit !== undefined ? [] : [`${rows} rows`]),
          ...(duration === undefined || duration === null ? [] : [formatDuration(duration)]),
          ...Object.entries(masked ?? {}).map(([rule, count]) => `${count} masked by ${rule}`),
        ];
        return `          ${colours.dim(visible(parts.join(' · ')))}\n`;
      }
      case 'released':
      case 'denied':
      case 'expired':
      case 'cancelled': {
        const { approval, reason } = event as { approval?: string; reason?: string };
        const words = [event.type, ...(approval === undefined ? [] : [`approval ${approval}`]), ...(reason === undefined ? [] : [reason])];
        return `${this.#clock(event.at)}${inColour(visible(words.join(': ')), event.type)}\n`;
      }
      default:
        return '';
    }
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
