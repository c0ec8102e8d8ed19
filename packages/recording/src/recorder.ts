import type { KeyObject } from 'node:crypto';
import {
  CHAIN_START,
  type Durability,
  GatewayError,
  type LogEntry,
  type NewEntry,
  type RecordHead,
  type SessionRow,
  type Store,
} from '@sallyport/core';
import { type CheckpointBody, type LogHead, makeEntry, type OpenedBody, type PruneBody, rowFacts, type SealBody } from './entry.ts';
import { type Seal, SessionRecorder } from './session-recorder.ts';
import type { ResultsPolicy } from './vocabulary.ts';

/** How often a live session's progress is signed into the log. */
const CHECKPOINT_MS = 10_000;
/** Sessions named by one prune entry. */
const PRUNE_SESSIONS = 500;

export interface RecorderOptions {
  readonly store: Store;
  /** Ed25519, private. Without it entries are chained but not signed, and no session can be opened. */
  readonly signingKey?: KeyObject;
  /** The gateway's version. */
  readonly version: string;
  /** Digest of the configuration in force. */
  config(): string;
  /** Milliseconds since the epoch; for tests. */
  now?(): number;
}

/** What a session is opened with: its row, but for what only time tells. */
export type NewSession = Omit<SessionRow, 'startedAt' | 'endedAt' | 'state' | 'commands' | 'sealed'>;

/** Opens records, seals them, and writes the log. One per process. */
export class Recorder {
  readonly #store: Store;
  readonly #key: KeyObject | undefined;
  readonly #version: string;
  readonly #config: () => string;
  readonly #now: () => number;
  readonly #live = new Set<SessionRecorder>();
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#store = options.store;
    this.#key = options.signingKey;
    this.#version = options.version;
    this.#config = () => options.config();
    this.#now = () => options.now?.() ?? Date.now();
  }

  /**
   * Opens a session's record: its start is signed and durable when this resolves.
   * @throws GatewayError ERR_RECORDING: then the session must not begin.
   */
  async open(session: NewSession, keep: { readonly durability: Durability; readonly results: ResultsPolicy }): Promise<SessionRecorder> {
    if (this.#key === undefined) throw new GatewayError('ERR_RECORDING', 'A session cannot be recorded without the evidence key.');
    const startedAt = this.#now();
    const row: SessionRow = { ...session, startedAt, endedAt: null, state: 'live', commands: 0, sealed: false };
    const body: OpenedBody = {
      row: rowFacts(row),
      durability: keep.durability,
      results: keep.results,
      version: this.#version,
      config: this.#config(),
      log: await this.#logHead(),
    };
    const writer = await this.#store.sessions.open(row, this.entry('session.opened', body, row.id), keep.durability);
    const recorder: SessionRecorder = new SessionRecorder(row.id, writer, keep.results, this.#now, (ended) => {
      this.#live.delete(recorder);
      return this.#seal(row.id, ended);
    });
    this.#live.add(recorder);
    this.#timer ??= setInterval(() => void this.checkpoint(), CHECKPOINT_MS).unref();
    return recorder;
  }

  /** A log entry, signed where there is a key, for whoever stores it together with what it speaks of. */
  entry(type: string, fields: object, session: string | null = null): NewEntry {
    return makeEntry(this.#key, type, this.#now(), session, fields);
  }

  /** Writes a log entry: configuration loaded, gateway started … */
  log(type: string, fields: object): Promise<LogEntry> {
    return this.#store.log.append(this.entry(type, fields));
  }

  /** Signs where every live session that changed stands. Runs every ten seconds by itself. */
  checkpoint(): Promise<void> {
    this.#checking = this.#checking.then(() => this.#checkpoint());
    return this.#checking;
  }

  /**
   * Seals the sessions that a crash interrupted, where their chains stand.
   *
   * @param signal aborted: what is not sealed then is left for the next start.
   * @returns the ids of those it sealed.
   */
  async sealInterrupted(signal: AbortSignal): Promise<readonly string[]> {
    const sealed: string[] = [];
    for (const { id, startedAt, commands } of await this.#store.sessions.list({ state: 'interrupted', sealed: false })) {
      if (signal.aborted) break;
      const { lastAt, ...head } = await this.#store.sessions.left(id);
      const body = this.#sealBody(head, commands, 'interrupted', lastAt ?? startedAt, await this.#logHead());
      await this.#store.sessions.seal(id, 'interrupted', body.ended_at, this.entry('session.sealed', body, id));
      sealed.push(id);
    }
    return sealed;
  }

  /**
   * Removes the records of sessions that ended before a time; the log keeps their start and seal.
   * @param before milliseconds since the epoch.
   * @returns the ids.
   */
  async prune(before: number, actor: string): Promise<readonly string[]> {
    const rows = await this.#store.sessions.list({ before, sealed: true });
    const ids = rows.filter(({ endedAt }) => endedAt !== null && endedAt < before).map(({ id }) => id);
    for (let i = 0; i < ids.length; i += PRUNE_SESSIONS) {
      const sessions = ids.slice(i, i + PRUNE_SESSIONS);
      const body: PruneBody = { actor, before, sessions };
      await this.#store.sessions.prune(sessions, this.entry('sessions.pruned', body));
    }
    return ids;
  }

  /** Stops the checkpoints; the store is its owner's to close. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
  }

  async #seal(id: string, { state, end, head, commands }: Parameters<Seal>[0]): Promise<void> {
    const wire = {
      client_bytes: end.clientBytes,
      target_bytes: end.targetBytes,
      client_frames: end.clientFrames,
      target_frames: end.targetFrames,
      opaque_bytes: end.opaqueBytes,
    };
    const body: SealBody = { ...this.#sealBody(head, commands, state, this.#now(), await this.#logHead()), wire };
    await this.#store.sessions.seal(id, state, body.ended_at, this.entry('session.sealed', body, id));
  }

  #sealBody(head: RecordHead, commands: number, state: string, endedAt: number, log: LogHead): SealBody {
    return {
      state,
      ended_at: endedAt,
      seq: head.seq,
      head: head.hash.toString('hex'),
      commands,
      events: head.events,
      recorded_bytes: { client: head.clientBytes, target: head.targetBytes },
      wire: null,
      drops: 0,
      log,
    };
  }

  async #checkpoint(): Promise<void> {
    for (const session of [...this.#live]) {
      try {
        const head = await session.progress();
        if (head === undefined) continue;
        const body: CheckpointBody = { seq: head.seq, head: head.hash.toString('hex'), log: await this.#logHead() };
        await this.#store.log.append(this.entry('checkpoint', body, session.id));
      } catch {
        // Sealed meanwhile, and then there is nothing to check; or the store failed, which `store.failed` tells.
      }
    }
  }

  async #logHead(): Promise<LogHead> {
    const last = await this.#store.log.last();
    return { seq: last?.seq ?? 0, hash: (last?.hash ?? CHAIN_START).toString('hex') };
  }
}
