import { GatewayError, type Session, type Target } from '@sallyport/core';
import { SECRET_FIELDS } from '../recorded/exchange-record.ts';
import type { TargetOptions } from '../target-schema.ts';

/** One identity's use of one target over one client connection: a session with what was seen of it. */
export class Visit {
  readonly session: Session;
  /** The header that showed the token: it goes no further. */
  readonly tokenHeader: string;
  /** Names of fields that sign somebody in here, in lower case. */
  readonly secretFields: ReadonlySet<string>;
  readonly seen = { clientBytes: 0, targetBytes: 0, clientFrames: 0, targetFrames: 0, opaqueBytes: 0 };
  #exchanges = 0;
  /** A list: of a set that is emptied again and again V8 makes a new table each time. */
  #running: AbortController[] = [];
  #idle: (() => void) | undefined;
  #ended: Promise<void> | undefined;

  constructor(session: Session, tokenHeader: string) {
    this.session = session;
    this.tokenHeader = tokenHeader;
    this.secretFields = new Set([...SECRET_FIELDS, tokenHeader, session.target.credentials.header?.toLowerCase() ?? '']);
    // One listener for all: AbortSignal.any would leave weak references on the session's signal for each exchange.
    session.signal.addEventListener('abort', () => this.#abortAll(), { once: true });
  }

  get target(): Target {
    return this.session.target;
  }

  get options(): TargetOptions {
    return this.session.target.options as TargetOptions;
  }

  /**
   * Takes part in the session until {@link leave}.
   *
   * @returns aborted when the session must end; whoever takes part may end it sooner.
   * @throws the reason why the session is over
   */
  enter(): AbortController {
    this.session.signal.throwIfAborted();
    if (this.#ended !== undefined) throw new GatewayError('ERR_ENDED', 'The connection is being closed.');
    const ending = new AbortController();
    this.#running.push(ending);
    return ending;
  }

  leave(ending: AbortController): void {
    this.#running.splice(this.#running.indexOf(ending), 1);
    if (this.#running.length === 0) this.#idle?.();
  }

  /** Counts bytes that nobody could look into, where masks would have. */
  passedUnseen(bytes: number): void {
    this.seen.opaqueBytes += bytes;
  }

  /** The number by which the record knows an exchange. */
  nextExchange(): number {
    return this.#exchanges++;
  }

  /** Waits for what runs, then seals the record. Whoever calls has ended what runs. */
  end(): Promise<void> {
    // In a later turn: the session's own end aborts its signal, on which this is called again.
    this.#ended ??= Promise.resolve().then(() => this.#seal());
    return this.#ended;
  }

  #abortAll(): void {
    for (const ending of [...this.#running]) ending.abort(this.session.signal.reason);
  }

  async #seal(): Promise<void> {
    const { signal } = this.session;
    const error = signal.aborted && signal.reason instanceof GatewayError ? signal.reason : undefined;
    if (this.#running.length > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    await this.session.end({ ...this.seen, ...(error !== undefined && { error }) });
  }
}
