import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApprovalStore, Identity, NewEntry, Store } from '@sallyport/core';
import { openStore } from '@sallyport/store';
import type { ApprovalRequest, ApprovalTerms, Subject } from '../src/approval-request.ts';
import { createApprovals } from '../src/approvals.ts';

export const START = 1_700_000_000_000;

export const requester: Identity = { name: 'alice', kind: 'person', groups: ['developers', 'dba'] };
export const dana: Identity = { name: 'dana', kind: 'person', groups: ['dba'] };
export const erin: Identity = { name: 'erin', kind: 'person', groups: ['leads', 'dba'] };

function entry(type: string, body: Readonly<Record<string, unknown>>): NewEntry {
  const session = typeof body['session'] === 'string' ? body['session'] : null;
  return { type, at: START, session, body: JSON.stringify({ at: START, type, ...body }), signature: Buffer.alloc(0) };
}

/** The approvals of a real store that lasts for one test file. Call it at the file's top. */
export function testStore(): Pick<Store, 'approvals' | 'log'> {
  let folder: string;
  let store: Store;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-approvals-'));
    store = await openStore({ dataDir: folder, mode: 'serve' });
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get approvals() {
      return store.approvals;
    },
    get log() {
      return store.log;
    },
  };
}

/** The id that a question was given. */
export function idOf(asked: { readonly approval?: string }): string {
  return asked.approval ?? 'none';
}

/** A clock that moves by hand, with its timers. */
function handClock() {
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  const clock = {
    now: START,
    after(ms: number, fire: () => void): () => void {
      const timer = { at: clock.now + ms, fire };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms: number): void {
      clock.now += ms;
      for (const timer of timers) {
        if (timer.at > clock.now) continue;
        timers.delete(timer);
        timer.fire();
      }
    },
    armed: () => timers.size,
  };
  return clock;
}

/** What differs from the usual request. */
export type Asking = Partial<Omit<ApprovalRequest, 'terms'>> & { readonly terms?: Partial<ApprovalTerms> };

/** Approvals over a store, with a clock in the hand and requests that need few words. */
export function openDesk(store: Pick<Store, 'approvals'>) {
  const clock = handClock();
  const approvals = createApprovals({ store, entry, now: () => clock.now, after: clock.after });
  const client = new AbortController();
  function ask(more: Asking = {}, signal = client.signal) {
    return approvals.request({ ...usual, ...more, terms: { ...usual.terms, ...more.terms } }, signal);
  }
  return { approvals, clock, client, ask };
}

const usual: ApprovalRequest = {
  subject: command('DROP TABLE orders'),
  command: 7,
  session: 's1',
  identity: requester,
  target: 'shop-db',
  rule: 'schema changes need a DBA',
  context: { current_user: 'app', search_path: 'public' },
  terms: { groups: ['dba'], count: 1, timeoutMs: 600_000, grant: 'once' },
};

export function command(text: string, shape = text): Subject {
  return { type: 'command', text, shape, digest: `keyed digest of ${text}` };
}

/** A store whose next call of a kind stands still until it is let go. */
export function gated(store: ApprovalStore) {
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  function hold(method: 'vote' | 'settle' | 'insert'): ApprovalStore {
    const wait = async <T>(then: () => Promise<T>): Promise<T> => {
      reached.resolve();
      await release.promise;
      return then();
    };
    if (method === 'vote') return { ...store, vote: (...args) => wait(() => store.vote(...args)) };
    if (method === 'insert') return { ...store, insert: (...args) => wait(() => store.insert(...args)) };
    return { ...store, settle: (...args) => wait(() => store.settle(...args)) };
  }
  return { hold, reached: reached.promise, release: () => release.resolve() };
}
