import { GatewayError } from '@sallyport/core';
import { SqlStateError } from '../errors.ts';
import type { OwnConnection } from '../startup/own-connection.ts';

export type Row = readonly (string | null)[];

/** How long one question may take, at the server and on the way. */
const QUESTION_MS = 5_000;
const ON_THE_WAY_MS = 1_000;

/** Nothing outlives the transaction: behind a pooler the server's session is others' as well. */
const SETTINGS = `SELECT set_config('search_path', 'pg_catalog', true), set_config('statement_timeout', '${QUESTION_MS}', true),
  set_config('lock_timeout', '1000', true)`;

/** Asks a server questions that change nothing: in read-only transactions, each with an end. */
export class Interview {
  readonly #connection: OwnConnection;
  readonly #signal: AbortSignal;
  #open = false;

  /** @param signal ends the connection, and with it what is asked. */
  constructor(connection: OwnConnection, signal: AbortSignal) {
    this.#connection = connection;
    this.#signal = signal;
  }

  /**
   * @returns undefined where the server does not say: forbidden, unknown to its version, or too slow.
   * @throws GatewayError ERR_TARGET_UNREACHABLE when the connection broke or stays silent
   */
  async ask(sql: string, parameters: readonly string[] = []): Promise<readonly Row[] | undefined> {
    try {
      if (!this.#open) {
        await this.#run('BEGIN READ ONLY');
        this.#open = true;
        await this.#run(SETTINGS);
      }
      return await this.#run(sql, parameters);
    } catch (error) {
      if (!(error instanceof SqlStateError)) throw error;
      if (this.#open) await this.#run('ROLLBACK');
      this.#open = false;
      return undefined;
    }
  }

  async #run(sql: string, parameters: readonly string[] = []): Promise<readonly Row[]> {
    const late = new GatewayError('ERR_TARGET_UNREACHABLE', `The server did not answer within ${QUESTION_MS / 1000} seconds.`);
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(this.#signal.reason);
    const timer = setTimeout(() => reject(late), QUESTION_MS + ON_THE_WAY_MS);
    this.#signal.addEventListener('abort', stop, { once: true });
    try {
      this.#signal.throwIfAborted();
      return await Promise.race([this.#connection.query(sql, parameters), promise]);
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener('abort', stop);
    }
  }
}
