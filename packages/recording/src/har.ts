import { type ExchangeItem, GatewayError, type Protocol, type SessionRow, type Store } from '@sallyport/core';
import { HarEntry } from './har-entry.ts';
import { type Replayed, replay } from './replay.ts';
import { sessionRow } from './session-json.ts';
import type { CommandEvent, RecordedEvent } from './vocabulary.ts';

/** Exchanges under way; beyond it the oldest are written as far as they came. */
const MOST_OPEN = 500;

/**
 * A session as {@link http://www.softwareishard.com/blog/har-12-spec/ HAR 1.2}, one entry a line, in the order in which the
 * exchanges ended. Messages of WebSockets stand in them as Chromium writes them.
 *
 * @param version of the program that writes.
 * @throws GatewayError ERR_RECORDING when there is no such session or it had no exchanges, or its record cannot be read.
 */
export async function* exportHar(store: Store, id: string, decode: Protocol['decodeRecording'], version: string): AsyncGenerator<Buffer> {
  const row = await sessionRow(store, id);
  const har = new Har(row);
  let written = 0;
  for await (const replayed of replay(store, id, decode)) {
    for (const entry of har.take(replayed)) {
      yield Buffer.from(written === 0 ? `${headOf(row, version)}${entry}` : `,\n${entry}`);
      written += 1;
    }
  }
  for (const entry of har.end()) {
    yield Buffer.from(written === 0 ? `${headOf(row, version)}${entry}` : `,\n${entry}`);
    written += 1;
  }
  if (written === 0)
    throw new GatewayError('ERR_RECORDING', `Session ${id} had no exchanges of HTTP: \`sallyport replay ${id}\` shows what it had.`);
  yield Buffer.from('\n]}}\n');
}

function headOf({ id, identity, target }: SessionRow, version: string): string {
  const creator = JSON.stringify({ name: 'Sallyport', version });
  return `{"log":{"version":"1.2","creator":${creator},"comment":${JSON.stringify(`${id}: ${identity} at ${target}`)},"entries":[\n`;
}

class Har {
  readonly #row: SessionRow;
  readonly #open = new Map<number, HarEntry>();
  readonly #byCommand = new Map<number, HarEntry>();
  #pending: CommandEvent | undefined;

  constructor(row: SessionRow) {
    this.#row = row;
  }

  *take(replayed: Replayed): Generator<string> {
    if (replayed.kind === 'command') this.#pending = replayed.command;
    else if (replayed.kind === 'event') yield* this.#event(replayed.event);
    else if ('exchange' in replayed.item) yield* this.#item(replayed.item);
  }

  *end(): Generator<string> {
    for (const entry of this.#open.values()) yield entry.json();
    this.#open.clear();
  }

  *#item(item: ExchangeItem): Generator<string> {
    if (item.type === 'request') {
      const [oldest] = this.#open.values();
      if (oldest !== undefined && this.#open.size >= MOST_OPEN) yield this.#close(oldest);
      this.#open.set(item.exchange, new HarEntry(this.#row, item));
      return;
    }
    const entry = this.#open.get(item.exchange);
    if (entry === undefined) return;
    if (item.type === 'judged') {
      if (this.#pending?.command === item.command) entry.judged(this.#pending);
      this.#byCommand.set(item.command, entry);
      return;
    }
    entry.take(item);
    if (entry.over) yield this.#close(entry);
  }

  *#event(event: RecordedEvent): Generator<string> {
    const entry = this.#byCommand.get(Number(event['command']));
    if (entry === undefined) return;
    entry.event(event);
    if (entry.over) yield this.#close(entry);
  }

  #close(entry: HarEntry): string {
    this.#open.delete(entry.exchange);
    for (const command of entry.commands) this.#byCommand.delete(command);
    return entry.json();
  }
}
