import type { Gate, Out } from '@sallyport/core';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Analysis, ParserSettings } from '../classify/analysis.ts';
import { FLUSH } from '../codec/extended-query.ts';
import type { TransactionStatus } from '../codec/query.ts';
import { Names } from './names.ts';
import { Protection } from './protection.ts';
import { Replies } from './replies.ts';
import type { Run } from './run.ts';
import type { Portal, Statement } from './statement.ts';

/** Classifies a text: at once from its cache, or in a worker. */
export interface TextClassifier {
  analyse(text: string, settings: ParserSettings): Analysis | Promise<Analysis>;
}

/** The catalogue of the session's database. */
export interface CatalogueAccess {
  /** undefined when it must be read, or read again. */
  current(): Catalogue | undefined;
  /** @throws when the target does not let it be read: the command is then refused */
  get(): Promise<Catalogue>;
  /** A schema change was seen: the next look waits for a new reading. */
  invalidate(): void;
}

/** No extended message since the last Sync or Query. */
export const NOTHING_OPEN = { messages: 0, binds: 0, executes: 0 };

/** What a session's relay is made of. */
export interface RelayOptions {
  readonly gate: Gate;
  readonly classifier: TextClassifier;
  readonly catalogue: CatalogueAccess;
  readonly database: string;
  /** The target's ParameterStatus at login. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * What both directions of a session know together.
 *
 * Rules: `replies` holds exactly what the target still owes, in its order. `status`, the names'
 * confirmed part and `parameters` are the target's word and change only with its answers. Nothing
 * is written to the client between the answers but notices.
 */
export class Conversation {
  readonly gate: Gate;
  readonly classifier: TextClassifier;
  readonly catalogue: CatalogueAccess;
  readonly database: string;
  readonly protection: Protection;
  readonly replies = new Replies();
  readonly statements = new Names<Statement>(({ text }) => text.length);
  readonly portals = new Names<Portal>(({ size }) => size);
  readonly parameters: Map<string, string>;
  /** Portals that stopped at a row limit: their commands are not over. */
  readonly suspended = new Set<Run>();
  status: TransactionStatus = 'I';
  /** The target drops what comes before the next Sync. */
  skipping = false;
  /** Grows with every Sync and Query that the client sends. */
  group = 0;
  /** Extended messages since the last Sync or Query. Never changed in place. */
  open = NOTHING_OPEN;
  /** The present transaction has read protected data: what fails at its end may quote it. */
  tainted = false;
  /** The present transaction has changed the schema: the catalogue cannot know. */
  altered = false;
  /** The session has once changed how texts are read: transactions may change it back. */
  wary = false;
  /** The client has left: a command that is held for it never runs. */
  readonly gone = new AbortController();
  /** The session is over: nothing more is judged or run. */
  readonly over = new AbortController();

  constructor(options: RelayOptions) {
    this.gate = options.gate;
    this.classifier = options.classifier;
    this.catalogue = options.catalogue;
    this.database = options.database;
    this.parameters = new Map(options.parameters);
    this.protection = new Protection(options.gate);
  }

  get settings(): ParserSettings {
    return {
      standardConformingStrings: this.parameters.get('standard_conforming_strings') === 'on',
      serverVersion: this.parameters.get('server_version') ?? '',
    };
  }

  /** The target takes COPY data and nothing else. */
  get copying(): boolean {
    return this.replies.head?.copies?.[0]?.state === 'open';
  }

  /** The answer to an earlier message may change how the next text is read. */
  get unsettled(): boolean {
    return this.replies.unsettled || (this.wary && this.replies.length > 0);
  }

  /** Waits until nothing is in flight, asking the target for answers that it may hold back. */
  async *drain(end: AbortSignal = this.over.signal): AsyncGenerator<readonly Out[], void> {
    const tail = this.replies.tail;
    if (tail === undefined) return;
    if (tail.kind !== 'sync' && tail.kind !== 'query') yield [{ to: 'target', data: FLUSH }];
    await this.unless(end, this.replies.idle());
  }

  /** The promise's value, or undefined as soon as the client is gone, or the session over. */
  async unless<T>(end: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
    if (end.aborted) return undefined;
    const ended = Promise.withResolvers<undefined>();
    const abort = (): void => ended.resolve(undefined);
    end.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([promise, ended.promise]);
    } finally {
      end.removeEventListener('abort', abort);
    }
  }
}
