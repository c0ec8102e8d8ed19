import type { KeyObject } from 'node:crypto';
import { CHAIN_START, type LogEntry, type LogStore, linkEntry } from '@sallyport/core';
import { type CheckpointBody, type LogHead, type OpenedBody, type PruneBody, type SealBody, signatureFault } from './entry.ts';
import type { Findings } from './finding.ts';

/** A signed statement about a session, and the log entry that makes it. */
interface Stated<T> {
  readonly entry: number;
  readonly body: T;
}

/** All that the log says of one session. */
export interface SessionStatements {
  opened?: Stated<OpenedBody>;
  readonly checkpoints: Stated<CheckpointBody>[];
  seal?: Stated<SealBody>;
}

/** A log entry's place and hash, noted somewhere else at a time. */
export interface Anchor {
  readonly seq: number;
  /** hex */
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What a pass over the log found out. */
export interface LogPass {
  readonly sessions: ReadonlyMap<string, SessionStatements>;
  /** Pruned sessions, and the entry that says so. */
  readonly pruned: ReadonlyMap<string, number>;
}

/** Walks the whole log: its chain, its signatures, its end, and the anchor. */
export async function checkLog(
  log: LogStore,
  key: KeyObject | undefined,
  anchor: Anchor | undefined,
  findings: Findings,
): Promise<LogPass> {
  const expected = await log.last();
  const statements = new Statements(findings);
  const hashes: Buffer[] = [CHAIN_START];
  let previous = CHAIN_START;
  let next = 1;
  for await (const entry of log.entries()) {
    const { seq, hash, body, signature } = entry;
    if (seq !== next) findings.log(next, `${span('Log entry', 'Log entries', next, seq - 1)} missing.`);
    else if (!linkEntry(previous, seq, body, signature).equals(hash))
      findings.log(seq, `Log entry ${seq} does not match its hash: it, or its place, was changed.`);
    checkBody(entry, findings);
    const fault = signatureFault(entry, key);
    if (fault !== undefined) findings.log(seq, `Log entry ${seq} (${entry.type}) ${fault}.`, entry.session);
    checkHead(entry, hashes, findings);
    statements.add(entry);
    hashes[seq] = hash;
    previous = hash;
    next = seq + 1;
  }
  if (expected !== undefined && expected.seq >= next)
    findings.log(next, `${span('Log entry', 'Log entries', next, expected.seq)} missing at the log's end.`);
  else if (expected !== undefined && !hashes[expected.seq]?.equals(expected.hash))
    findings.log(expected.seq, `Log entry ${expected.seq} is not the one that was written last.`);
  if (anchor !== undefined && hashes[anchor.seq]?.toString('hex') !== anchor.hash) {
    findings.log(anchor.seq, `Log entry ${anchor.seq} is not the one that was anchored at ${new Date(anchor.at).toISOString()}.`);
  }
  return statements;
}

function checkBody({ seq, type, at, session, body }: LogEntry, findings: Findings): void {
  try {
    const said = JSON.parse(body) as { type?: unknown; at?: unknown; session?: unknown };
    if (said.type === type && said.at === at && (said.session ?? null) === session) return;
  } catch {
    // Not even JSON: as wrong as a body that says something else.
  }
  findings.log(seq, `Log entry ${seq}'s columns differ from its body: they were changed.`, session);
}

/** Gathers what the log says of sessions. */
export class Statements implements LogPass {
  readonly sessions = new Map<string, SessionStatements>();
  readonly pruned = new Map<string, number>();
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Takes an entry in; one whose body is no JSON says nothing. */
  add({ seq: entry, type, session, body }: LogEntry): void {
    const said = parseBody(body);
    if (said === undefined) return;
    if (type === 'sessions.pruned') for (const id of (said as unknown as PruneBody).sessions) this.pruned.set(id, entry);
    if (session === null) return;
    const statements: SessionStatements = this.sessions.get(session) ?? { checkpoints: [] };
    this.sessions.set(session, statements);
    if (type === 'session.opened') {
      if (statements.opened !== undefined) this.#findings.log(entry, `Session ${session} is opened twice.`, session);
      statements.opened = { entry, body: said as unknown as OpenedBody };
    } else if (type === 'checkpoint') statements.checkpoints.push({ entry, body: said as unknown as CheckpointBody });
    else if (type === 'session.sealed') {
      if (statements.seal !== undefined) this.#findings.log(entry, `Session ${session} is sealed twice.`, session);
      statements.seal = { entry, body: said as unknown as SealBody };
    }
  }
}

/** A signed entry vouches for the log before it. */
function checkHead({ seq: entry, body }: LogEntry, hashes: readonly Buffer[], findings: Findings): void {
  const head = parseBody(body)?.['log'];
  if (head === undefined) return;
  const { seq, hash } = head as LogHead;
  if (hashes[seq]?.toString('hex') === hash) return;
  findings.log(entry, `Log entry ${entry} was signed over a log whose entry ${seq} was another one: the log before it was changed.`);
}

function parseBody(body: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** `Log entry 3 is` / `Log entries 3 to 5 are`. */
export function span(one: string, many: string, first: number, last: number): string {
  return first >= last ? `${one} ${first} is` : `${many} ${first} to ${last} are`;
}
