import type { SessionFilter, SessionRow, Store, StoredRecord } from '@sallyport/core';
import { type SessionJson, sessionJson } from './session-json.ts';
import { type RecordedEvent, timeText } from './vocabulary.ts';

/** One place where a value passed. */
export interface ValueMatch {
  readonly session: SessionJson;
  readonly at: string;
  /** The command's ordinal in its session; null where the record does not tell. */
  readonly command: number | null;
  /** `masked`: a rule hid it. The others are clear: the client was shown it, the client sent it, or a recorded text quotes it. */
  readonly how: 'masked' | 'shown' | 'sent' | 'quoted';
  /** Of `masked`: the rule. */
  readonly rule: string | null;
}

/**
 * Where a value passed, newest sessions first: masked, by its fingerprint among those that were
 * noted, or clear, by its bytes in what was recorded. Each kind of passing is told once for each
 * command, or, between commands, once for each session.
 *
 * @param value its bytes, in text form.
 * @param print what `valuePrint` makes of it.
 */
export async function* searchValue(store: Store, value: Buffer, print: string, filter: SessionFilter): AsyncGenerator<ValueMatch> {
  const { limit: _, ...rest } = filter;
  for (const row of await store.sessions.list(rest)) {
    const look = new Look(row, value, print);
    for await (const record of store.sessions.records(row.id)) yield* look.at(record);
  }
}

/** A look through one session's record. */
class Look {
  readonly #row: SessionRow;
  readonly #value: Buffer;
  readonly #print: string;
  /** The last bytes from each side: a value may lie across two records. */
  readonly #tails = { client: Buffer.alloc(0), target: Buffer.alloc(0) };
  readonly #told = new Set<string>();
  #command: number | null = null;

  constructor(row: SessionRow, value: Buffer, print: string) {
    this.#row = row;
    this.#value = value;
    this.#print = print;
  }

  *at({ kind, at, body }: StoredRecord): Generator<ValueMatch> {
    if (kind === 'event') return yield* this.#event(JSON.parse(body.toString()) as RecordedEvent, at);
    const bytes = Buffer.concat([this.#tails[kind], body]);
    if (bytes.includes(this.#value)) yield* this.#tell(at, this.#command, kind === 'target' ? 'shown' : 'sent', null);
    this.#tails[kind] = Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.#value.length + 1)));
  }

  *#event(event: RecordedEvent, at: number): Generator<ValueMatch> {
    const command = typeof event['command'] === 'number' ? event['command'] : null;
    if (event.type === 'values') {
      const { rule, values } = event as unknown as { readonly rule: string; readonly values: readonly string[] };
      if (values.includes(this.#print)) yield* this.#tell(at, command, 'masked', rule);
      return;
    }
    if (event.type === 'command') this.#command = command;
    if (quotes(event, this.#value.toString())) yield* this.#tell(at, command, 'quoted', null);
  }

  *#tell(at: number, command: number | null, how: ValueMatch['how'], rule: string | null): Generator<ValueMatch> {
    const place = `${command} ${how} ${rule}`;
    if (this.#told.has(place)) return;
    this.#told.add(place);
    yield { session: sessionJson(this.#row), at: timeText(at), command, how, rule };
  }
}

/** Some text within a JSON value holds `value`. */
function quotes(json: unknown, value: string): boolean {
  if (typeof json === 'string') return json.includes(value);
  return typeof json === 'object' && json !== null && Object.values(json).some((each) => quotes(each, value));
}
