import type { Duplex } from 'node:stream';
import { GatewayError, type Host, type Session } from '@sallyport/core';
import type { Client, Connection } from 'ssh2';
import { OutputRecord } from '../recorded/output-record.ts';
import type { TargetOptions } from '../target-schema.ts';

const MEBIBYTE = 1 << 20;
/** Of one connection: browsers behind `ssh -D` open dozens. */
const MAX_CHANNELS = 256;

/** The gateway's own connection to the target. */
export interface TargetConnection {
  readonly client: Client;
  readonly socket: Duplex;
}

export interface ConversationParts {
  readonly connection: Connection;
  readonly socket: Duplex;
  readonly host: Host;
  /** Of the target. */
  readonly options: TargetOptions;
  /** Resolves when the client is admitted, rejects with the reason why not. */
  readonly session: Promise<Session>;
  /** Resolves when the target has let the gateway in. */
  readonly target: Promise<TargetConnection>;
  /** What the client reads while its access waits for an approval. */
  notice(): string | undefined;
}

/** One client's connection from sign-in to its end: what all its channels share. */
export class Conversation {
  readonly parts: ConversationParts;
  /** Bytes of channels by who sent them, those that nobody looked into, and channels opened by either side. */
  readonly seen = { clientBytes: 0, targetBytes: 0, opaqueBytes: 0, clientFrames: 0, targetFrames: 0 };
  /** The session, once it is there. */
  admitted: Session | undefined;
  readonly #over = new AbortController();
  readonly #open = new Set<Promise<void>>();
  #record: OutputRecord | undefined;
  #channels = 0;
  #idle = 0;

  constructor(parts: ConversationParts) {
    this.parts = parts;
    parts.session.then(
      (session) => {
        this.admitted = session;
      },
      () => undefined,
    );
  }

  /** Aborted with a GatewayError when the client's connection is over or the session must end. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get options(): TargetOptions {
    return this.parts.options;
  }

  end(reason: GatewayError): void {
    this.#over.abort(reason);
  }

  /** Where the output of all channels is recorded, up to a bound. */
  record(gate: Session): OutputRecord {
    this.#record ??= new OutputRecord(gate, (gate.target.options as TargetOptions).record_output_mib * MEBIBYTE);
    return this.#record;
  }

  /** Tells how much of the output was not recorded. */
  endRecord(): void {
    this.#record?.end();
  }

  /** The number that the record has for the next channel. */
  nextChannel(): number {
    return this.#channels++;
  }

  /** Carries a channel until it is closed. What goes wrong in one concerns no other. */
  run(channel: Promise<void>): void {
    const done = channel
      .catch((error: unknown) => this.parts.host.log('error', 'An SSH channel met an internal error.', { err: error }))
      .finally(() => this.#open.delete(done));
    this.#open.add(done);
  }

  /** Channels that run something, and those of which nothing was asked yet. */
  get openChannels(): number {
    return this.#open.size + this.#idle;
  }

  /** No more channels, whoever asks for one: a target does, too, for what comes in where it listens. */
  get full(): boolean {
    return this.openChannels >= MAX_CHANNELS;
  }

  /** A channel is open and nothing runs in it. @returns called when that has changed. */
  wait(): () => void {
    this.#idle += 1;
    let waits = true;
    return () => {
      if (waits) this.#idle -= 1;
      waits = false;
    };
  }

  /** Resolves when no channel is open. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  /** The promise's value. @throws the reason of the end, if that comes first */
  async unlessOver<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#over;
    signal.throwIfAborted();
    const ended = Promise.withResolvers<never>();
    const abort = (): void => ended.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([promise, ended.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** The reason for a connection that was closed, not ended by the gateway. */
export function clientLeft(): GatewayError {
  return new GatewayError('ERR_ENDED', 'The client closed the connection.');
}
