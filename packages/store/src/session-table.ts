import {
  CHAIN_START,
  GatewayError,
  type NewEntry,
  type RecordHead,
  type SessionFilter,
  type SessionRow,
  type SessionState,
} from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import type { JournalRecord } from './journal-format.ts';
import type { LogWrites } from './log-table.ts';
import { type ChainStart, chainStatements, RecordChain } from './record-chain.ts';
import { dayOf } from './schema.ts';
import type { Unmoved } from './unmoved.ts';

/** Rows removed per transaction, so that a prune never keeps the gateway from writing. */
const REMOVE_ROWS = 500;

export interface SessionWrites {
  /** Returns the handle that packed records name the session by. */
  open(row: SessionRow, entry: NewEntry): number;
  head(handle: number): RecordHead;
  seal(id: string, state: SessionState, endedAt: number, entry: NewEntry): void;
  interrupt(): void;
  prune(ids: readonly string[], entry: NewEntry): void;
  /** Removes some records of pruned sessions. False when none are left. */
  sweep(): boolean;
}

/** The records of live sessions, as the worker's commits feed them. */
export interface LiveChains {
  append(record: JournalRecord): void;
  /** Stores what was appended since the last call. */
  store(): void;
}

export function sessionWrites(db: Database, log: LogWrites): SessionWrites & LiveChains {
  const statements = chainStatements(db);
  const live = new Map<number, RecordChain>();
  const touched = new Set<RecordChain>();
  const begun = db.prepare<[number], ChainStart & { startedAt: number }>(`SELECT seq, hash, events, commands,
    client_bytes AS clientBytes, target_bytes AS targetBytes, started_at AS startedAt FROM sessions WHERE handle = ? AND seal IS NULL`);
  const chainOf = (handle: number): RecordChain => {
    const chain = live.get(handle) ?? resumed(handle);
    live.set(handle, chain);
    return chain;
  };
  /** The chain of a session that an earlier process left in its journal. */
  const resumed = (handle: number): RecordChain => {
    const start = begun.get(handle);
    if (start === undefined) throw new GatewayError('ERR_RECORDING', `Session ${handle} is sealed: nothing more can be recorded.`);
    return new RecordChain(statements, handle, start.startedAt, start);
  };

  const insert = db.prepare(`INSERT INTO sessions VALUES (NULL, @id, @target, @protocol, @identity, @kind, @actingFor, @client,
    @token, @facts, @startedAt, @endedAt, @state, @commands, 0, @hash, NULL, 0, 0, 0, NULL, NULL, @day)`);
  const seal = db.prepare<[SessionState, number, number, string], { handle: number }>(
    'UPDATE sessions SET state = ?, ended_at = ?, seal = ? WHERE id = ? AND seal IS NULL RETURNING handle',
  );
  const interrupt = db.prepare("UPDATE sessions SET state = 'interrupted' WHERE state = 'live'");
  return {
    append(record) {
      const chain = chainOf(record.handle);
      touched.add(chain);
      chain.append(record);
    },
    store() {
      for (const chain of touched) chain.store();
      touched.clear();
    },
    open(row, entry) {
      const { startedAt } = row;
      const { lastInsertRowid } = insert.run({ ...row, facts: JSON.stringify(row.facts), hash: CHAIN_START, day: dayOf(startedAt) });
      const handle = Number(lastInsertRowid);
      log.append(entry);
      live.set(handle, new RecordChain(statements, handle, startedAt));
      return handle;
    },
    head: (handle) => chainOf(handle).head,
    seal(id, state, endedAt, entry) {
      const sealed = seal.get(state, endedAt, log.append(entry).seq, id);
      if (sealed === undefined) throw new GatewayError('ERR_RECORDING', `Session ${id} is not there, or sealed already.`);
      live.get(sealed.handle)?.compact();
      live.delete(sealed.handle);
    },
    interrupt() {
      interrupt.run();
      live.clear();
    },
    ...removal(db, log),
  };
}

function removal(db: Database, log: LogWrites): Pick<SessionWrites, 'prune' | 'sweep'> {
  const remove = db.prepare<[string], { handle: number }>('DELETE FROM sessions WHERE id = ? AND seal IS NOT NULL RETURNING handle');
  const mark = db.prepare<[number]>('INSERT INTO pruned VALUES (?)');
  const next = db.prepare<[], { handle: number }>('SELECT handle FROM pruned LIMIT 1');
  const segments = db.prepare<[number]>(`DELETE FROM segments WHERE session = ? LIMIT ${REMOVE_ROWS}`);
  const links = db.prepare<[number]>(`DELETE FROM links WHERE session = ? LIMIT ${REMOVE_ROWS}`);
  const unmark = db.prepare<[number]>('DELETE FROM pruned WHERE handle = ?');
  return {
    prune(ids, entry) {
      for (const id of ids) {
        const row = remove.get(id);
        if (row === undefined)
          throw new GatewayError('ERR_RECORDING', `Session ${id} is not there, or not sealed yet: nothing was pruned.`);
        mark.run(row.handle);
      }
      log.append(entry);
    },
    sweep() {
      const handle = next.get()?.handle;
      if (handle === undefined) return false;
      if (segments.run(handle).changes + links.run(handle).changes === 0) unmark.run(handle);
      return true;
    },
  };
}

/** Where no gateway runs, nothing lives: what a crash cut off the next start calls so for good. */
const STATE = `CASE WHEN state = 'live' AND NOT @served THEN 'interrupted' ELSE state END`;

const SELECT = `SELECT handle, id, target, protocol, identity, kind, acting_for AS actingFor, client, token, facts,
  started_at AS startedAt, ended_at AS endedAt, ${STATE} AS state, commands, seal IS NOT NULL AS sealed FROM sessions`;

/** A NULL parameter does not filter. */
export const SESSION_FILTER = `(@state IS NULL OR ${STATE} = @state) AND (@target IS NULL OR target = @target)
  AND (@identity IS NULL OR identity = @identity) AND (@since IS NULL OR started_at >= @since) AND (@before IS NULL OR started_at < @before)
  AND (@sealed IS NULL OR (seal IS NOT NULL) = @sealed)`;

/** The parameters of {@link SESSION_FILTER}, and a limit that is -1 for none. @param served a gateway runs on the data_dir. */
export function filterParameters(filter: SessionFilter, served: boolean) {
  const { limit = -1, state = null, target = null, identity = null, since = null, before = null } = filter;
  const sealed = filter.sealed === undefined ? null : Number(filter.sealed);
  return { limit, state, target, identity, since, before, sealed, served: Number(served) };
}

type Raw = Omit<SessionRow, 'facts' | 'sealed'> & { readonly handle: number; readonly facts: string; readonly sealed: number };

/** What an interrupted session's seal speaks of. */
type Left = RecordHead & { readonly lastAt: number | null };

export interface SessionReads {
  get(id: string): SessionRow | undefined;
  list(filter: SessionFilter): SessionRow[];
  left(id: string): Left | undefined;
}

export function sessionReads(db: Database, unmoved: Unmoved, served: () => boolean): SessionReads {
  const byId = db.prepare<[{ id: string; served: number }], Raw>(`${SELECT} WHERE id = @id`);
  const list = db.prepare<[ReturnType<typeof filterParameters>], Raw>(
    `${SELECT} WHERE ${SESSION_FILTER} ORDER BY started_at DESC, handle DESC LIMIT @limit`,
  );
  const left = db.prepare<[string], Left>(`SELECT seq, hash, events, client_bytes AS clientBytes, target_bytes AS targetBytes,
    last_at AS lastAt FROM sessions WHERE id = ?`);
  const withUnmoved = (raws: readonly Raw[]): SessionRow[] => {
    const commands = raws.some(({ sealed }) => sealed === 0) ? unmoved.commands() : undefined;
    return raws.map((raw) => parse(raw, commands?.get(raw.handle) ?? 0));
  };
  return {
    get: unmoved.consistent((id) => {
      const raw = byId.get({ id, served: Number(served()) });
      return raw && withUnmoved([raw])[0];
    }),
    list: unmoved.consistent((filter) => withUnmoved(list.all(filterParameters(filter, served())))),
    left: (id) => left.get(id),
  };
}

function parse({ handle: _, ...raw }: Raw, unmovedCommands: number): SessionRow {
  const facts = JSON.parse(raw.facts) as Record<string, string>;
  return { ...raw, commands: raw.commands + unmovedCommands, facts, sealed: raw.sealed === 1 };
}
