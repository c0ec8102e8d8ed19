import type { Gate, GatewayError, Out } from '@sallyport/core';
import type { Analysis, ParserSettings } from '../classify/analysis.ts';
import { packets } from '../codec/bytes.ts';
import { isReadable, readText } from '../codec/character-sets.ts';
import { COMMAND } from '../codec/commands.ts';
import { type Err, encodeErr } from '../codec/responses.ts';
import { ErrnoError } from '../errors.ts';
import type { OpenDatabases } from '../startup/open-databases.ts';
import { Exchange, type ExchangeStart } from './exchange.ts';
import { Protection } from './protection.ts';
import type { Schema, SchemaAccess } from './schema.ts';
import type { Statement } from './statement.ts';
import { toClient } from './steps.ts';

/** Classifies a text. */
export type Analyse = (text: string, settings: ParserSettings) => Analysis;

/** What a session's relay is made of. */
export interface RelayOptions {
  readonly gate: Gate;
  readonly analyse: Analyse;
  readonly schema: SchemaAccess;
  readonly databases: OpenDatabases;
  /** What both legs behave by. */
  readonly capabilities: number;
  /** Status flags of the target's OK to the login. */
  readonly status: number;
  /** What of the parser's settings a session cannot change. */
  readonly parser: Pick<ParserSettings, 'family' | 'version' | 'functions'>;
}

/** Who the session is at the target at this moment, and how it reads texts. */
export interface SessionContext {
  readonly sqlMode: string;
  readonly characterSet: string;
  readonly database: string | null;
  readonly currentUser: string;
  /** Names of tables are compared without regard to case. */
  readonly foldNames: boolean;
}

/** utf8mb4_general_ci */
const UTF8MB4 = 45;
/** Every word is reserved, so that no table of the session's database and no stored function can be meant. */
const CONTEXT_SQL =
  'SELECT @@SESSION.sql_mode, @@SESSION.character_set_client, DATABASE(), CURRENT_USER(), @@GLOBAL.lower_case_table_names';

/**
 * What both directions of a session know together.
 *
 * One command at a time: the next one is looked at when the target has answered the one before. What a text means hangs
 * on what the earlier ones have done, and clients that send ahead (MariaDB's connectors do) lose next to nothing by it.
 */
export class Conversation {
  readonly gate: Gate;
  readonly analyse: Analyse;
  readonly schema: SchemaAccess;
  readonly databases: OpenDatabases;
  readonly capabilities: number;
  readonly protection: Protection;
  readonly statements = new Map<number, Statement>();
  /** What PREPARE … FROM has made, by name. */
  readonly prepared = new Map<string, Analysis>();
  lastPrepared: Statement | undefined;
  exchange: Exchange | undefined;
  /** Number of the packet that answers the present command. */
  sequence = 1;
  status: number;
  /** How texts are read is to be asked: at first, and behind whatever may have changed it. */
  unsettled = true;
  #context: SessionContext | undefined;
  #settings: ParserSettings;
  /** The collation of names in results. */
  #names = UTF8MB4;
  /** The client has left: what it sent before still runs, but nobody waits for a person. */
  readonly gone = new AbortController();
  /** The session is over: nothing is judged or run any more. */
  readonly over = new AbortController();
  readonly #parser: RelayOptions['parser'];
  #waiting: (() => void)[] = [];

  constructor(options: RelayOptions) {
    this.gate = options.gate;
    this.analyse = options.analyse;
    this.schema = options.schema;
    this.databases = options.databases;
    this.capabilities = options.capabilities;
    this.status = options.status;
    this.#parser = options.parser;
    this.#settings = this.#settingsIn(undefined);
    this.protection = new Protection(options.gate);
  }

  /** The target has said how it reads texts; undefined: it did not, and texts are read in the dark. */
  settle(context: SessionContext | undefined): void {
    this.unsettled = false;
    if (this.#context !== undefined && context !== undefined && isSame(this.#context, context)) return;
    this.#context = context;
    this.#settings = this.#settingsIn(context);
  }

  /** How the session's texts are read; only while it is settled. The same object while nothing changes. */
  get settings(): ParserSettings {
    return this.#settings;
  }

  #settingsIn(context: SessionContext | undefined): ParserSettings {
    const { sqlMode = '', characterSet = '', database, foldNames = true } = context ?? {};
    return {
      ...this.#parser,
      sqlMode: new Set(sqlMode.toUpperCase().split(',').filter(Boolean)),
      characterSet: characterSet.toLowerCase(),
      foldNames,
      ...(database && { database }),
    };
  }

  /** A name in a result's definitions. */
  readonly readName = (name: Buffer): string => readText(name, this.#names);

  /** Owes the client, or the gateway, an answer. */
  begin(start: ExchangeStart): void {
    if (start.command !== undefined) this.gate.record('client', packets(start.command, 0));
    this.exchange = new Exchange(start);
  }

  /** The target has answered. */
  end(): void {
    this.exchange = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  /** Resolves when the target owes nothing, or the session ends. */
  async idle(): Promise<void> {
    while (this.exchange !== undefined && !this.over.signal.aborted) {
      await this.unlessOver(new Promise<void>((resolve) => this.#waiting.push(resolve)));
    }
  }

  /** The promise's value, or undefined as soon as the session is over. */
  async unlessOver<T>(promise: Promise<T>): Promise<T | undefined> {
    const { signal } = this.over;
    if (signal.aborted) return undefined;
    const left = Promise.withResolvers<undefined>();
    const abort = (): void => left.resolve(undefined);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([promise, left.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The answer to the present command is this error. Nothing may be in flight. */
  fail(err: Err): readonly Out[] {
    return toClient(packets(encodeErr(err), this.sequence));
  }

  /**
   * Asks the target's own connection who the session is. Nothing else may be in flight.
   *
   * @returns undefined when the target refused, or the session is ending.
   * @throws GatewayError where results come in a character set that nobody can look into
   */
  async *look(): AsyncGenerator<readonly Out[], SessionContext | undefined> {
    const answer = Promise.withResolvers<boolean>();
    let context: SessionContext | undefined;
    let readable = true;
    const own = {
      row: ([sqlMode, characterSet, database, currentUser, lowerCase]: readonly (string | null)[], collation: number) => {
        readable = isReadable(collation);
        this.#names = collation;
        context = {
          sqlMode: sqlMode ?? '',
          characterSet: characterSet ?? '',
          database: database ?? null,
          currentUser: currentUser ?? '',
          foldNames: lowerCase !== '0',
        };
      },
      done: (answered: boolean) => answer.resolve(answered),
    };
    this.begin({ kind: 'query', own, sequence: 1, exposed: false });
    yield [{ to: 'target', data: packets(Buffer.concat([Buffer.of(COMMAND.QUERY), Buffer.from(CONTEXT_SQL)]), 0) }];
    const answered = await this.unlessOver(answer.promise);
    if (!readable) throw unreadableResults();
    return answered === true ? context : undefined;
  }

  /** The schema that masks need; undefined where it could not be read. */
  async readSchema(): Promise<Schema | undefined> {
    return this.schema.current() ?? (await this.unlessOver(this.schema.get().catch(() => undefined)));
  }
}

/** ER_NOT_SUPPORTED_YET */
const NOT_SUPPORTED = { code: 1235, sqlState: '42000', message: '' };

function unreadableResults(): GatewayError {
  return new ErrnoError(
    'ERR_ENDED',
    NOT_SUPPORTED,
    "The session's character_set_results is one that the gateway cannot look into, as utf16, ucs2 and utf32 are; it was closed. Keep utf8mb4.",
  );
}

function isSame(one: SessionContext, other: SessionContext): boolean {
  return (Object.keys(one) as (keyof SessionContext)[]).every((key) => one[key] === other[key]);
}
