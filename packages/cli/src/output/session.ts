import type { CommandResult, SessionEvent } from '@sallyport/core';
import type { CommandJson, EventJson, SessionDetails, SessionJson } from '@sallyport/recording';
import { conversationText } from './conversation.ts';
import { formatDuration } from './duration.ts';
import { inColour } from './state.ts';
import type { Cell, Column } from './table.ts';
import { localTime } from './terminal.ts';
import { visible } from './visible.ts';

export const SESSION_COLUMNS: readonly Column[] = [
  { title: 'id', whole: true },
  { title: 'state', style: inColour },
  { title: 'identity' },
  { title: 'target' },
  { title: 'started', whole: true },
  { title: 'lasted', align: 'right', whole: true },
  { title: 'cmds', align: 'right', whole: true },
  { title: 'client' },
];

export function sessionCells(session: SessionJson): readonly Cell[] {
  const end = session.ended_at === null ? Date.now() : Date.parse(session.ended_at);
  const lasted = formatDuration(Math.max(0, end - Date.parse(session.started_at)));
  return [session.id, session.state, who(session), session.target, localTime(session.started_at), lasted, session.commands, session.client];
}

/** A session with its commands, one paragraph each. */
export function sessionText(session: SessionDetails): string {
  const facts = Object.entries(session.facts).map(([key, value]) => `${key} ${value}`);
  const head = [
    `session   ${session.id}`,
    `identity  ${who(session)} (${session.kind}), from ${session.client}`,
    `target    ${session.target} (${session.protocol})`,
    `started   ${localTime(session.started_at)}`,
    `ended     ${session.ended_at === null ? 'not yet' : localTime(session.ended_at)}`,
    `state     ${session.state}${session.sealed ? ', sealed' : ''}`,
    ...(facts.length > 0 ? [`client    ${facts.join(', ')}`] : []),
  ];
  return `${head.map((line) => `${visible(line)}\n`).join('')}\n${session.events.map((event) => `${eventText(event)}\n`).join('')}`;
}

/** One event on a line; a command with what became of it below. */
function eventText(event: EventJson): string {
  if (isCommand(event)) return `${liveText(event.at, event)}${becameOf(event)}`;
  return liveText(event.at, event);
}

/** An event as it happens: a command before anything has become of it. */
export function liveText(at: string, event: SessionEvent | EventJson): string {
  const clock = localTime(at).slice(11);
  const { type, ...facts } = event as Readonly<Record<string, unknown>>;
  if (type === 'command') return `${clock}  ${inColour(String(facts['ruling']))}  ${visible(String(facts['text']))}`;
  if (type === 'llm') return `${clock}  conversation\n${conversationText(event).trimEnd()}`;
  if (type === 'result') return `${clock}  ${visible(`${facts['command']} ends: ${endOf(event as unknown as CommandResult).join(' · ')}`)}`;
  const told = Object.entries(facts).filter(([key]) => key !== 'at');
  return `${clock}  ${visible([type, ...told.map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)].join(' '))}`;
}

/** How a command ended: its rows, or the status of HTTP, what was masked, what went wrong. */
function endOf({ state, rows, bytes, status, error, masked = {} }: CommandResult): readonly string[] {
  return [
    state,
    status === undefined ? `${rows} rows` : String(status),
    `${bytes} bytes`,
    ...Object.entries(masked).map(([rule, count]) => `${count} masked by ${rule}`),
    // Of HTTP the status says it.
    ...(error === undefined || error.code === String(status) ? [] : [`${error.code}: ${error.message}`]),
  ];
}

/** What became of a command, indented below it. */
function becameOf(command: CommandJson): string {
  const masked = Object.entries(command.masked).map(([rule, count]) => `${count} masked by ${rule}`);
  const parts = [
    command.class.join(', '),
    ...command.rule.map((rule) => `rule: ${rule}`),
    ...command.shadow.map(({ rule, would }) => `shadow: ${rule} would ${would}`),
    ...(command.approval === null ? [] : [`approval ${command.approval}`]),
    command.state,
    ...(command.status === undefined ? [] : [String(command.status)]),
    ...(command.rows === null || command.status !== undefined ? [] : [`${command.rows} rows`]),
    ...(command.bytes === null ? [] : [`${command.bytes} bytes`]),
    ...(command.duration_ms === null ? [] : [formatDuration(command.duration_ms)]),
    ...masked,
    // Of HTTP the status says it.
    ...(command.error === null || command.error.code === String(command.status) ? [] : [`${command.error.code}: ${command.error.message}`]),
  ];
  const parameters = command.parameters.map((value, at) => `\n          $${at + 1} = ${value === null ? 'NULL' : visible(value)}`).join('');
  return `${parameters}\n          ${visible(parts.join(' · '))}`;
}

function isCommand(event: EventJson): event is CommandJson {
  return event.type === 'command' && 'ruling' in event;
}

function who(session: SessionJson): string {
  return session.acting_for === null ? session.identity : `${session.identity} for ${session.acting_for}`;
}
