import { GatewayError, type SessionFilter, type SessionRow, type Store } from '@sallyport/core';
import { type CommandEvent, type RecordedEvent, type RefusedEvent, type ReleasedEvent, type ResultEvent, timeText } from './vocabulary.ts';

/** A session as `sessions list` gives it. */
export function sessionJson(row: SessionRow) {
  return {
    id: row.id,
    target: row.target,
    protocol: row.protocol,
    identity: row.identity,
    kind: row.kind,
    acting_for: row.actingFor,
    client: row.client,
    started_at: timeText(row.startedAt),
    ended_at: row.endedAt === null ? null : timeText(row.endedAt),
    state: row.state,
    commands: row.commands,
    sealed: row.sealed,
  };
}
export type SessionJson = ReturnType<typeof sessionJson>;

/** How far a command got: `intended` was never sent on, `unknown` was sent and its end was not seen. */
export type CommandState = 'intended' | 'forwarded' | 'completed' | 'failed' | 'unknown';

/** A command with all that became of it. */
export interface CommandJson {
  readonly at: string;
  readonly type: 'command';
  readonly command: number;
  readonly text: string;
  readonly class: readonly string[];
  readonly verb: string;
  readonly relations: readonly string[];
  /** Paths, addresses, refs … that the command names besides. */
  readonly objects?: Readonly<Record<string, readonly string[]>>;
  readonly parameters: readonly (string | null)[];
  readonly ruling: 'allow' | 'deny' | 'hold';
  readonly rule: readonly string[];
  readonly shadow: readonly { readonly rule: string; readonly would: string }[];
  approval: string | null;
  state: CommandState;
  rows: number | null;
  bytes: number | null;
  duration_ms: number | null;
  error: { readonly code: string; readonly message: string } | null;
  /** How a program ended: its exit status, or the signal's name. Absent where nothing of the kind was run. */
  exit?: number | string;
  /** The status code of an answer of HTTP. */
  status?: number;
  masked: Readonly<Record<string, number>>;
  readonly config: string;
}

/** Any other event: its own fields, with the time as text. */
export type EventJson = CommandJson | { readonly at: string; readonly type: string; readonly [key: string]: unknown };

export type SessionDetails = SessionJson & {
  readonly facts: Readonly<Record<string, string>>;
  readonly events: readonly EventJson[];
};

/**
 * A session as `sessions show` gives it: results are folded into their commands.
 * @throws GatewayError ERR_RECORDING when there is no such session, or its record cannot be read.
 */
export async function describeSession(store: Store, id: string): Promise<SessionDetails> {
  const row = await sessionRow(store, id);
  const commands = new Map<number, CommandJson>();
  const events: EventJson[] = [];
  for await (const record of store.sessions.events(id)) {
    const event = JSON.parse(record.body.toString()) as RecordedEvent;
    const told = fold(event, commands);
    if (told !== undefined) events.push(told);
  }
  if (row.state !== 'live') {
    for (const command of commands.values()) if (command.state === 'forwarded') command.state = 'unknown';
  }
  return { ...sessionJson(row), facts: row.facts, events };
}

/** The row, or a sentence that there is none. @throws GatewayError ERR_RECORDING */
export async function sessionRow(store: Store, id: string): Promise<SessionRow> {
  const row = await store.sessions.get(id);
  if (row === undefined)
    throw new GatewayError('ERR_RECORDING', `There is no session ${id}: \`sallyport sessions list\` shows those there are.`);
  return row;
}

/** Adds an event to what is known of its command; returns what is to be listed of it. */
function fold(event: RecordedEvent, commands: Map<number, CommandJson>): EventJson | undefined {
  switch (event.type) {
    case 'command': {
      const command = commandJson(event as unknown as CommandEvent, event.at);
      commands.set(command.command, command);
      return command;
    }
    case 'values':
      return undefined; // for the leak lookup only: they say nothing to people
    case 'result': {
      const { command: number, state, rows, bytes, duration_ms, error, masked, exit, status } = event as unknown as ResultEvent;
      const command = commands.get(number);
      if (command === undefined) break;
      Object.assign(command, {
        state,
        rows,
        bytes,
        duration_ms,
        error: error ?? null,
        masked: masked ?? {},
        ...(exit !== undefined && { exit }),
        ...(status !== undefined && { status }),
      });
      return undefined;
    }
    case 'released':
    case 'deferred':
    case 'denied':
    case 'expired':
    case 'cancelled': {
      const { type, command: number, approval } = event as unknown as ReleasedEvent | RefusedEvent;
      const command = commands.get(number);
      if (command === undefined) break;
      if (approval !== undefined) command.approval = approval;
      command.state = type === 'released' ? 'forwarded' : 'intended';
      break;
    }
  }
  return { ...event, at: timeText(event.at) };
}

function commandJson(event: CommandEvent, at: number): CommandJson {
  return {
    at: timeText(at),
    type: 'command',
    command: event.command,
    text: event.text,
    class: event.class,
    verb: event.verb,
    relations: event.relations,
    ...(event.objects !== undefined && { objects: event.objects }),
    parameters: event.parameters,
    ruling: event.ruling,
    rule: event.rule,
    shadow: event.shadow,
    approval: event.approval ?? null,
    state: event.ruling === 'allow' ? 'forwarded' : 'intended',
    rows: null,
    bytes: null,
    duration_ms: null,
    error: null,
    masked: {},
    config: event.config,
  };
}

/** One place where a searched text stands. */
export interface SearchMatch {
  readonly session: SessionJson;
  readonly seq: number;
  readonly event: EventJson;
}

/** Events that contain a text (case-insensitive for ASCII letters), newest sessions first. */
export async function searchSessions(store: Store, text: string, filter: SessionFilter): Promise<readonly SearchMatch[]> {
  const sessions = new Map<string, SessionJson>();
  const matches: SearchMatch[] = [];
  for (const { session: id, record } of await store.sessions.search(text, filter)) {
    const session = sessions.get(id) ?? sessionJson(await sessionRow(store, id));
    sessions.set(id, session);
    const event = JSON.parse(record.body.toString()) as RecordedEvent;
    if (event.type !== 'values') matches.push({ session, seq: record.seq, event: { ...event, at: timeText(event.at) } });
  }
  return matches;
}
