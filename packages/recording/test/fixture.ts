import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionEnd, Store } from '@sallyport/core';
import { openStore } from '@sallyport/store';
import { type CommandEvent, type NewSession, Recorder, type ResultsPolicy, type SessionRecorder } from '../src/index.ts';

/** A store in a folder of its own, and a recorder with a key. */
export interface Fixture {
  readonly dataDir: string;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly publicKey: KeyObject;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

const { privateKey: signingKey, publicKey } = generateKeyPairSync('ed25519');

export async function openFixture(): Promise<Fixture> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-recording-'));
  let store = await openStore({ dataDir, mode: 'serve' });
  let recorder = makeRecorder(store);
  return {
    dataDir,
    publicKey,
    get store() {
      return store;
    },
    get recorder() {
      return recorder;
    },
    async reopen() {
      await recorder.close();
      await store.close();
      store = await openStore({ dataDir, mode: 'serve' });
      recorder = makeRecorder(store);
    },
    async close() {
      await recorder.close();
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function makeRecorder(store: Store): Recorder {
  return new Recorder({ store, signingKey, version: '0.1.0', config: () => 'c0ffee' });
}

export function newSession(id: string, more: Partial<NewSession> = {}): NewSession {
  const facts = { application: 'psql', database: 'shop' };
  return {
    id,
    target: 'shop-db',
    protocol: 'postgres',
    identity: 'alice',
    kind: 'person',
    actingFor: null,
    client: '127.0.0.1:5000',
    token: 'tk1',
    facts,
    ...more,
  };
}

export const END: SessionEnd = { clientBytes: 100, targetBytes: 200, clientFrames: 3, targetFrames: 4, opaqueBytes: 0 };

export function commandEvent(command: number, text: string, more: Partial<CommandEvent> = {}): CommandEvent {
  return {
    type: 'command',
    command,
    text,
    class: ['read'],
    verb: 'SELECT',
    relations: ['public.orders'],
    parameters: [],
    ruling: 'allow',
    rule: [],
    shadow: [],
    config: 'c0ffee',
    ...more,
  };
}

export function openSession(fixture: Fixture, id: string, results: ResultsPolicy = 'full'): Promise<SessionRecorder> {
  return fixture.recorder.open(newSession(id), { durability: 'strict', results });
}

/** A session with two commands, their frames and results, still open. */
export async function recordSession(fixture: Fixture, id: string): Promise<SessionRecorder> {
  const session = await openSession(fixture, id);
  for (const command of [1, 2]) {
    session.record('client', Buffer.from(`Q${command}`));
    session.note(commandEvent(command, `SELECT ${command}`));
    await session.durable();
    session.note({ type: 'result', command, state: 'completed', rows: 1, bytes: 2, masked: { cards: 1 } });
    session.record('target', Buffer.from(`row ${command};done ${command};`));
  }
  await session.durable();
  return session;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
