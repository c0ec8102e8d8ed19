import { createHash } from 'node:crypto';
import type { RecordHead, RecordWriter, SessionEnd, SessionEvent, SessionState, Side } from '@sallyport/core';
import type { ResultsPolicy } from './vocabulary.ts';

/** Commands whose start is remembered for their duration. Beyond it, the oldest go without one. */
const STARTED_COMMANDS = 10_000;

/** How a session's end is written down: the recorder's, which has the keys. */
export type Seal = (ended: {
  readonly state: SessionState;
  readonly end: SessionEnd;
  readonly head: RecordHead;
  readonly commands: number;
}) => Promise<void>;

/** One session's record while it is being written: the recording half of a Gate. */
export class SessionRecorder {
  readonly id: string;
  readonly #writer: RecordWriter;
  readonly #seal: Seal;
  readonly #now: () => number;
  readonly #results: ResultsPolicy;
  readonly #digest = createHash('sha256');
  readonly #started = new Map<number, number>();
  #commands = 0;
  #changed = false;
  #digested: boolean;
  #ended: Promise<void> | undefined;

  constructor(id: string, writer: RecordWriter, results: ResultsPolicy, now: () => number, seal: Seal) {
    this.id = id;
    this.#writer = writer;
    this.#results = results;
    this.#digested = results === 'digest';
    this.#now = now;
    this.#seal = seal;
  }

  /** Records a fact. After {@link end} nothing is recorded any more. */
  note(event: SessionEvent): void {
    if (this.#ended !== undefined) return;
    const at = this.#now();
    this.#append('event', at, eventText(this.#completed(event), at));
  }

  /**
   * Records wire bytes, as far as the results policy keeps them: the session's, unless a rule has another.
   *
   * @returns whether the bytes themselves are kept.
   */
  record(from: Side, data: Buffer, results: ResultsPolicy = this.#results): boolean {
    if (this.#ended !== undefined || data.length === 0) return false;
    if (from === 'client' || results === 'full') {
      this.#append(from, this.#now(), data);
      return true;
    }
    if (results === 'digest') {
      this.#digest.update(data);
      this.#digested = true;
    }
    return false;
  }

  /** undefined when all that was noted is durable; else resolves when it is. @throws GatewayError ERR_RECORDING */
  durable(): Promise<void> | undefined {
    return this.#writer.durable();
  }

  /** undefined while the store keeps up; else resolves when it does. @throws GatewayError ERR_RECORDING */
  ready(): Promise<void> | undefined {
    return this.#writer.ready();
  }

  /**
   * Notes the end and seals the record; a second call waits for the first.
   * @throws GatewayError ERR_RECORDING when that could not be stored.
   */
  end(end: SessionEnd, state: Exclude<SessionState, 'live'>): Promise<void> {
    if (this.#ended === undefined) {
      const { error } = end;
      this.note({ type: 'ended', state, ...(error && { error: { code: error.code, message: error.message } }), ...this.#resultDigest() });
      this.#ended = this.#writer.head().then((head) => this.#seal({ state, end, head, commands: this.#commands }));
    }
    return this.#ended;
  }

  /** Where the chain stands, if anything came since the last time; for checkpoints. */
  async progress(): Promise<RecordHead | undefined> {
    if (!this.#changed || this.#ended !== undefined) return undefined;
    this.#changed = false;
    return await this.#writer.head();
  }

  #append(kind: 'event' | Side, at: number, body: Buffer | string): void {
    this.#changed = true;
    this.#writer.append(kind, at, body);
  }

  /** A result gets its duration: since the command was noted, or since it was released from a hold. */
  #completed(event: SessionEvent): SessionEvent {
    const { type, command } = event;
    if (typeof command !== 'number') return event;
    if (type === 'command') this.#commands += 1;
    if (type === 'command' || type === 'released') {
      this.#started.set(command, performance.now());
      if (this.#started.size > STARTED_COMMANDS) this.#started.delete(this.#started.keys().next().value ?? command);
      return event;
    }
    const started = this.#started.get(command);
    if (type !== 'result') return event;
    this.#started.delete(command);
    const duration = started === undefined ? null : Math.round((performance.now() - started) * 1_000) / 1_000;
    return { ...event, duration_ms: duration, ...this.#resultDigest() };
  }

  #resultDigest(): object {
    return this.#digested ? { digest: this.#digest.copy().digest('hex') } : {};
  }
}

/** The event's JSON with its time: its type comes first, which is where the store looks for it. */
function eventText(event: SessionEvent, at: number): string {
  const text = JSON.stringify(event);
  const ordered = text.startsWith('{"type":') ? text : JSON.stringify({ type: event.type, ...(event as object) });
  return `${ordered.slice(0, -1)},"at":${at}}`;
}
