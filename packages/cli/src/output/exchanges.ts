import type { ExchangeItem, Side } from '@sallyport/core';
import { type CommandEvent, isWholeAnswer, RecordedBody, textOf } from '@sallyport/recording';
import colours from 'picocolors';
import { bodyLines } from './body-text.ts';
import { conversationText } from './conversation.ts';
import { inColour } from './state.ts';
import { visible } from './visible.ts';

/** What is kept of a body until it is over. */
const KEPT_BYTES = 256 * 1024;
/** Exchanges under way; beyond it the oldest are shown as far as they came. */
const MOST_OPEN = 500;
const MARGIN = ' '.repeat(10);
const LONGEST_MESSAGE = 16_384;
/** RFC 6455 section 5.2. */
const OPCODES: Readonly<Record<number, string>> = { 0: 'continued', 8: 'close', 9: 'ping', 10: 'pong' };
const TEXT_FRAME = 1;

type Head = Extract<ExchangeItem, { readonly type: 'request' | 'response' }>;

interface Exchange {
  readonly number: number;
  /** `PUT /orders/7`: the request line without its version. */
  readonly request: string;
  readonly fields: Record<Side, Head['fields']>;
  bodies: Record<Side, RecordedBody>;
  /** Commands that have not ended. */
  readonly commands: Set<number>;
  answer: Head | undefined;
  /** Of an API whose exchanges are told as conversations. */
  conversation: boolean;
}

/**
 * Turns what a recording shows of HTTP into lines of text. Several exchanges may be under way: each is named where its lines
 * begin, and a body is shown when it is over.
 */
export class ExchangePrinter {
  readonly #clock: (at: number) => string;
  readonly #open = new Map<number, Exchange>();
  readonly #byCommand = new Map<number, Exchange>();
  #pending: CommandEvent | undefined;
  /** Whose lines came last. */
  #speaking: Exchange | undefined;

  constructor(clock: (at: number) => string) {
    this.#clock = clock;
  }

  show(item: ExchangeItem): string {
    return item.type === 'judged' ? this.#item(item) : this.#unnamed() + this.#item(item);
  }

  #item(item: ExchangeItem): string {
    if (item.type === 'request') return this.#request(item);
    const exchange = this.#open.get(item.exchange);
    if (exchange === undefined) return '';
    switch (item.type) {
      case 'judged':
        return this.#judged(exchange, item);
      case 'response':
        return this.#response(exchange, item);
      case 'body':
      case 'cut':
        exchange.bodies[item.from].push(item);
        return this.#answered(exchange);
      case 'trailers':
        return this.#body(exchange, item.from) + this.#said(exchange, fieldLines(item.fields));
      case 'websocket':
        return this.#message(exchange, item);
    }
  }

  /** Keeps a command for the item that says whose it is. @returns false: no request is under way that it could be of */
  command(command: CommandEvent): boolean {
    if (this.#open.size > 0) this.#pending = command;
    return this.#open.size > 0;
  }

  /** Names the exchange that an event speaks of, where there is one: `#3 `. */
  mark(command: unknown): string {
    const exchange = this.#byCommand.get(Number(command));
    this.#speaking = exchange;
    return exchange === undefined ? '' : `#${exchange.number} `;
  }

  /** Shows a call of a language model, in the place of its bodies. */
  conversation(event: { readonly at: number; readonly command?: unknown }): string {
    const exchange = this.#byCommand.get(Number(event.command));
    if (exchange !== undefined) exchange.bodies = noBodies();
    return `${this.#clock(event.at)}${this.mark(event.command)}${colours.dim('conversation')}\n${conversationText(event)}`;
  }

  /** A held command was not let pass. @returns the exchange's name */
  refused(command: unknown): string {
    this.#byCommand.get(Number(command))?.commands.delete(Number(command));
    return this.mark(command);
  }

  /**
   * A command has ended: what is still to be shown of its exchange, and the exchange's name.
   *
   * @param broken the gateway is still to answer, if nobody has.
   */
  ended(command: unknown, broken: boolean): { readonly text: string; readonly mark: string } {
    const number = Number(command);
    const exchange = this.#byCommand.get(number);
    if (exchange === undefined) return { text: '', mark: '' };
    exchange.commands.delete(number);
    const text = exchange.commands.size > 0 || (broken && exchange.answer === undefined) ? '' : this.#close(exchange);
    const mark = this.mark(number);
    this.#byCommand.delete(number);
    return { text, mark };
  }

  /** The exchanges that did not end. */
  end(): string {
    return this.#unnamed() + [...this.#open.values()].map((exchange) => this.#close(exchange)).join('');
  }

  /** A command whose record broke off before it was said whose it is. */
  #unnamed(): string {
    const command = this.#pending;
    this.#pending = undefined;
    return command === undefined ? '' : `${MARGIN}${visible(command.text)}\n${rulingLine(command)}`;
  }

  #request({ at, exchange: number, line, fields }: Head): string {
    const [oldest] = this.#open.values();
    const evicted = oldest !== undefined && this.#open.size >= MOST_OPEN ? this.#close(oldest) : '';
    const exchange: Exchange = {
      number,
      request: line.replace(/ HTTP\/[\d.]+$/, ''),
      fields: { client: fields, target: [] },
      bodies: noBodies(),
      commands: new Set(),
      answer: undefined,
      conversation: false,
    };
    this.#open.set(number, exchange);
    this.#speaking = exchange;
    return `${evicted}\n${this.#clock(at)}#${number} ${colours.bold(visible(exchange.request))}\n${fieldLines(fields)}`;
  }

  /** What the command is called, where that is something else than the request. */
  #judged(exchange: Exchange, { at, command: number }: Extract<ExchangeItem, { readonly type: 'judged' }>): string {
    const command = this.#pending?.command === number ? this.#pending : undefined;
    this.#pending = undefined;
    if (command?.ruling !== 'deny') exchange.commands.add(number);
    this.#byCommand.set(number, exchange);
    if (command === undefined) return '';
    exchange.conversation ||= command.objects?.['operations']?.some((operation) => operation.startsWith('llm:')) === true;
    const called =
      command.text === exchange.request ? '' : `${this.#clock(at)}${this.mark(number)}${colours.bold(visible(command.text))}\n`;
    return called + rulingLine(command, this.#speaking === exchange ? '' : this.mark(number));
  }

  #response(exchange: Exchange, head: Head): string {
    const { at, line, fields } = head;
    const asked = exchange.conversation ? '' : this.#body(exchange, 'client');
    exchange.fields.target = fields;
    exchange.answer = head;
    this.#speaking = exchange;
    const [, status = ''] = line.split(' ');
    const shown = status >= '400' ? colours.red(visible(status)) : colours.bold(visible(status));
    return `${asked}${this.#clock(at)}#${exchange.number} ${shown}\n${fieldLines(fields)}${this.#answered(exchange)}`;
  }

  /** An answer behind which nothing comes: the gateway's own. */
  #answered(exchange: Exchange): string {
    const { answer, bodies, commands, request: line } = exchange;
    return commands.size === 0 && isWholeAnswer({ line }, answer, bodies.target.bytes) ? this.#close(exchange) : '';
  }

  #message(exchange: Exchange, { at, from, opcode, data }: Extract<ExchangeItem, { readonly type: 'websocket' }>): string {
    const kind = OPCODES[opcode] ?? '';
    const text = opcode === TEXT_FRAME ? textOf(data.subarray(0, LONGEST_MESSAGE), undefined, data.length > LONGEST_MESSAGE) : undefined;
    const more = text !== undefined && data.length > LONGEST_MESSAGE ? colours.dim(` … ${data.length} bytes`) : '';
    const shown = text === undefined ? colours.dim(`${kind} ${data.length} bytes`.trim()) : visible(text) + more;
    this.#speaking = exchange;
    return `${this.#clock(at)}#${exchange.number} ${from === 'client' ? '→' : '←'} ${shown}\n`;
  }

  #close(exchange: Exchange): string {
    this.#open.delete(exchange.number);
    return this.#body(exchange, 'client') + this.#body(exchange, 'target');
  }

  /** Shows a body, once. */
  #body(exchange: Exchange, from: Side): string {
    const lines = bodyLines(exchange.bodies[from], exchange.fields[from]);
    exchange.bodies[from] = new RecordedBody(KEPT_BYTES);
    return lines.length === 0 ? '' : this.#said(exchange, `\n${lines.map((line) => `${MARGIN}${line}\n`).join('')}\n`);
  }

  #said(exchange: Exchange, text: string): string {
    const head = this.#speaking === exchange || text === '' ? '' : `${MARGIN}${colours.dim(`#${exchange.number}`)}\n`;
    this.#speaking = exchange;
    return head + text;
  }
}

/** Who ruled otherwise than with a plain yes. @param mark stands before it */
export function rulingLine({ ruling, rule }: CommandEvent, mark = ''): string {
  const because = rule.length > 0 ? ` by ${rule.map(visible).join(', ')}` : '';
  return ruling === 'allow' ? '' : `${MARGIN}${mark}${inColour(ruling)}${because}\n`;
}

function fieldLines(fields: Head['fields']): string {
  return fields.map(([name, value]) => `${MARGIN}${colours.dim(visible(`${name}: ${value}`))}\n`).join('');
}

function noBodies(): Record<Side, RecordedBody> {
  return { client: new RecordedBody(KEPT_BYTES), target: new RecordedBody(KEPT_BYTES) };
}
