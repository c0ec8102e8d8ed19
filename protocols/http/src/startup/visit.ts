import { GatewayError, type Session, type Target } from '@sallyport/core';
import type { TargetOptions } from '../target-schema.ts';

/** One identity's use of one target over one client connection: a session with what was seen of it. */
export class Visit {
  readonly session: Session;
  /** The header that showed the token: it goes no further. */
  readonly tokenHeader: string;
  readonly seen = { clientBytes: 0, targetBytes: 0, clientFrames: 0, targetFrames: 0, opaqueBytes: 0 };
  #exchanges = 0;
  #running = 0;
  #idle: (() => void) | undefined;
  #ended: Promise<void> | undefined;

  constructor(session: Session, tokenHeader: string) {
    this.session = session;
    this.tokenHeader = tokenHeader;
  }

  get target(): Target {
    return this.session.target;
  }

  get options(): TargetOptions {
    return this.session.target.options as TargetOptions;
  }

  /** Takes part in the session until the returned function is called. @throws the reason why it is over */
  enter(): () => void {
    this.session.signal.throwIfAborted();
    if (this.#ended !== undefined) throw new GatewayError('ERR_ENDED', 'The connection is being closed.');
    this.#running += 1;
    return () => {
      this.#running -= 1;
      if (this.#running === 0) this.#idle?.();
    };
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

  async #seal(): Promise<void> {
    const { signal } = this.session;
    const error = signal.aborted && signal.reason instanceof GatewayError ? signal.reason : undefined;
    if (this.#running > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    await this.session.end({ ...this.seen, ...(error !== undefined && { error }) });
  }
}
