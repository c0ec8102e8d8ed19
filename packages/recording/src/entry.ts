import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { LogEntry, NewEntry, SessionRow } from '@sallyport/core';

/** The position of the log that a signed entry vouches for: everything up to it. */
export interface LogHead {
  readonly seq: number;
  /** hex */
  readonly hash: string;
}

/** A session's start as signed before its first byte passes. */
export interface OpenedBody {
  readonly row: ReturnType<typeof rowFacts>;
  readonly durability: string;
  readonly results: string;
  readonly version: string;
  readonly config: string;
  readonly log: LogHead;
}

/** Where a live session's chain stood. */
export interface CheckpointBody {
  readonly seq: number;
  /** hex */
  readonly head: string;
  readonly log: LogHead;
}

/** A session's end: what was seen, what was kept, and the last hash of the chain. */
export interface SealBody extends CheckpointBody {
  readonly state: string;
  readonly ended_at: number;
  readonly commands: number;
  readonly events: number;
  /** Bytes in the record, by side. */
  readonly recorded_bytes: { readonly client: number; readonly target: number };
  /** Bytes and frames on the wire, by side, and bytes forwarded without being understood; null after a crash. */
  readonly wire: {
    readonly client_bytes: number;
    readonly target_bytes: number;
    readonly client_frames: number;
    readonly target_frames: number;
    readonly opaque_bytes: number;
  } | null;
  /** Records that were not kept. The session would have ended instead. */
  readonly drops: 0;
}

export interface PruneBody {
  readonly actor: string;
  readonly before: number;
  readonly sessions: readonly string[];
}

/** Entry types that are worth nothing without a signature. */
const SIGNED_TYPES: ReadonlySet<string> = new Set(['session.opened', 'checkpoint', 'session.sealed', 'sessions.pruned']);

/** The facts of a session's row that never change: signed when it opens, compared by `verify`. */
export function rowFacts(row: Omit<SessionRow, 'endedAt' | 'state' | 'commands' | 'sealed'>) {
  return {
    id: row.id,
    target: row.target,
    protocol: row.protocol,
    identity: row.identity,
    kind: row.kind,
    acting_for: row.actingFor,
    client: row.client,
    token: row.token,
    facts: row.facts,
    started_at: row.startedAt,
  };
}

/** Makes log entries, signed where there is a key. The body names the key that signed it. */
export function makeEntry(key: KeyObject | undefined, type: string, at: number, session: string | null, fields: object): NewEntry {
  const signer = key && { key: signerText(key) };
  const own = { type, at, session: session ?? undefined };
  const body = JSON.stringify({ ...own, ...fields, ...own, ...signer }); // own ones lead, and no field replaces them
  return { type, at, session, body, signature: key === undefined ? Buffer.alloc(0) : sign(null, Buffer.from(body), key) };
}

/** By private key: each session needs it twice. */
const signers = new WeakMap<KeyObject, string>();

function signerText(key: KeyObject): string {
  const text = signers.get(key) ?? publicText(createPublicKey(key));
  signers.set(key, text);
  return text;
}

/** A public key as log entries and exports name it: base64 of its SPKI form. */
export function publicText(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64');
}

/**
 * Why an entry's signature does not count; undefined when it does.
 *
 * @param outside the key to trust; without one the signature is held against the key it names.
 */
export function signatureFault(entry: Pick<LogEntry, 'type' | 'body' | 'signature'>, outside: KeyObject | undefined): string | undefined {
  const { type, body, signature } = entry;
  if (signature.length === 0) return SIGNED_TYPES.has(type) ? 'has no signature' : undefined;
  try {
    const named = (JSON.parse(body) as { key?: string }).key ?? '';
    const key = outside ?? createPublicKey({ key: Buffer.from(named, 'base64'), format: 'der', type: 'spki' });
    if (verify(null, Buffer.from(body), key, signature)) return undefined;
    const other = outside !== undefined && named !== publicText(outside);
    return other ? 'was signed with another key than the given one' : 'has a signature that does not match: it was edited';
  } catch {
    return 'has a signature that cannot be checked';
  }
}
