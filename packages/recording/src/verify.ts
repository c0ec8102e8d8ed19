import type { KeyObject } from 'node:crypto';
import type { DamageError, SessionRow, Store } from '@sallyport/core';
import { Findings, type Verification } from './finding.ts';
import { type Anchor, checkLog, type LogPass, type SessionStatements } from './log-check.ts';
import { checkRecord, checkRow } from './record-check.ts';

export interface VerifyOptions {
  /** The evidence key's public half, from elsewhere than the data_dir. */
  readonly publicKey?: KeyObject;
  /** What {@link takeAnchor} gave at some time, kept elsewhere. */
  readonly anchor?: Anchor;
}

/**
 * Checks the whole store: the log, every session's record, and that none is missing. What is
 * written meanwhile does no harm.
 */
export async function verifyAll(store: Store, options: VerifyOptions = {}): Promise<Verification> {
  return await verified(options, async (findings) => {
    const rows = await store.sessions.list({});
    const log = await checkLog(store.log, options.publicKey, options.anchor, findings);
    const checked: SessionStatements[] = [];
    for (const row of rows) checked.push(await checkSession(store, row, log, findings));
    const there = new Set(rows.map(({ id }) => id));
    for (const [id, { opened }] of log.sessions) {
      if (there.has(id) || log.pruned.has(id) || opened === undefined) continue;
      // One that was opened since the rows were listed is there now.
      if ((await store.sessions.get(id)) !== undefined) continue;
      findings.session(id, null, `The session was opened, but its record is gone and no prune in the log names it.`, opened.entry);
    }
    return checked;
  });
}

/** Checks the log and one session's record. */
export async function verifySession(store: Store, id: string, options: VerifyOptions = {}): Promise<Verification> {
  return await verified(options, async (findings) => {
    const row = await store.sessions.get(id);
    const log = await checkLog(store.log, options.publicKey, options.anchor, findings);
    if (row !== undefined) return [await checkSession(store, row, log, findings)];
    if (log.pruned.has(id)) findings.session(id, null, 'The session was pruned: its record is gone by intent.', log.pruned.get(id));
    else if (log.sessions.has(id))
      findings.session(id, null, 'The session was opened, but its record is gone and no prune in the log names it.');
    else findings.session(id, null, 'There is no such session, in the log neither.');
    return [];
  });
}

/** The log's last entry, to be kept where whoever can write the data_dir cannot. */
export async function takeAnchor(store: Store, now = Date.now()): Promise<Anchor | undefined> {
  const last = await store.log.last();
  return last && { seq: last.seq, hash: last.hash.toString('hex'), at: now };
}

/** What is stored cannot be opened as a record at all. */
export function unreadable(error: DamageError): Verification {
  const finding = { session: null, seq: null, entry: null, what: error.message };
  return { ok: false, verdict: 'failed', sessions: 0, unsealed: 0, findings: [finding] };
}

/** Runs the checks, which return what the log says of the sessions checked; a store that cannot be read is a finding too. */
export async function verified(
  { publicKey, anchor }: VerifyOptions,
  check: (findings: Findings) => Promise<readonly SessionStatements[]>,
): Promise<Verification> {
  const findings = new Findings();
  let sessions: readonly SessionStatements[] = [];
  try {
    sessions = await check(findings);
  } catch (error) {
    findings.log(null, `The record cannot be read: ${(error as Error).message}`);
  }
  const ok = findings.count === 0;
  return {
    ok,
    verdict: ok ? goodVerdict(publicKey, anchor) : 'failed',
    sessions: sessions.length,
    unsealed: sessions.filter(({ seal }) => seal === undefined).length,
    findings: findings.list(),
  };
}

function goodVerdict(publicKey: KeyObject | undefined, anchor: Anchor | undefined): string {
  if (anchor !== undefined) return `anchored to ${new Date(anchor.at).toISOString()}`;
  return publicKey === undefined ? 'self-consistent' : 'verified';
}

async function checkSession(store: Store, listed: SessionRow, log: LogPass, findings: Findings): Promise<SessionStatements> {
  const { id } = listed;
  const statements = log.sessions.get(id) ?? { checkpoints: [] };
  if (log.pruned.has(id)) {
    findings.session(id, null, 'The session is there, though the log says that it was pruned.', log.pruned.get(id));
    return statements;
  }
  // A seal that came between the rows' listing and the log's reading shows in the row now.
  const row = statements.seal !== undefined && !listed.sealed ? await store.sessions.get(id) : listed;
  if (row === undefined) return statements; // pruned since it was listed
  checkRow(row, statements, findings);
  await checkRecord(id, store.sessions.records(id), statements, findings);
  return statements;
}
