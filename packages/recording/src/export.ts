import type { LogEntry, SessionRow, Store, StoredRecord } from '@sallyport/core';
import { csvLine } from './csv.ts';
import { type CommandJson, describeSession, type EventJson, sessionRow } from './session-json.ts';

/**
 * The lines of a JSON export; together they are one JSON document:
 *
 * ```
 * {"format":"sallyport-session-1","session":{…},"log":[
 * {"seq":…,"type":…,"at":…,"session":…,"body":"…","signature":"base64","hash":"hex"},
 * ],"records":[
 * {"seq":…,"at":…,"kind":"event","hash":"hex","text":"{…}"},
 * {"seq":…,"at":…,"kind":"target","data":"base64"}
 * ]}
 * ```
 *
 * One line per record, so that a session of any size is written and verified as a stream. The log
 * entries are those about the session; they are signed and name their key.
 */
const EXPORT_FORMAT = 'sallyport-session-1';

export type ExportFormat = 'json' | 'csv';

/**
 * A session for use elsewhere: `json` holds all of its record and can be verified by itself, `csv`
 * lists its commands.
 *
 * @throws GatewayError ERR_RECORDING when there is no such session, or its record cannot be read.
 */
export function exportSession(store: Store, id: string, format: ExportFormat): AsyncGenerator<Buffer> {
  return format === 'json' ? exportJson(store, id) : exportCsv(store, id);
}

async function* exportJson(store: Store, id: string): AsyncGenerator<Buffer> {
  const row = await sessionRow(store, id);
  yield Buffer.from(`${headLine(row)}\n`);
  yield* lines(entriesOf(store, id), entryLine);
  yield Buffer.from('],"records":[\n');
  yield* lines(store.sessions.records(id), recordLine);
  yield Buffer.from(']}\n');
}

export function headLine(row: SessionRow): string {
  return `${JSON.stringify({ format: EXPORT_FORMAT, session: row }).slice(0, -1)},"log":[`;
}

export function entryLine({ seq, type, at, session, body, signature, hash }: LogEntry): string {
  return JSON.stringify({ seq, type, at, session, body, signature: signature.toString('base64'), hash: hash.toString('hex') });
}

/** An event's text stands as text: exact, since the store keeps it as text too. */
export function recordLine({ seq, at, kind, body, hash }: StoredRecord): string {
  const content = kind === 'event' ? { text: body.toString() } : { data: body.toString('base64') };
  return JSON.stringify({ seq, at, kind, ...(hash && { hash: hash.toString('hex') }), ...content });
}

async function* entriesOf(store: Store, id: string): AsyncGenerator<LogEntry> {
  for await (const entry of store.log.entries()) if (entry.session === id) yield entry;
}

async function* lines<T>(items: AsyncIterable<T>, line: (item: T) => string): AsyncGenerator<Buffer> {
  let before = '';
  for await (const item of items) {
    if (before !== '') yield Buffer.from(`${before},\n`);
    before = line(item);
  }
  if (before !== '') yield Buffer.from(`${before}\n`);
}

const CSV_COLUMNS = [
  'at',
  'command',
  'text',
  'parameters',
  'class',
  'verb',
  'relations',
  'ruling',
  'rule',
  'approval',
  'state',
  'rows',
  'bytes',
  'duration_ms',
  'error_code',
  'error_message',
] as const;

async function* exportCsv(store: Store, id: string): AsyncGenerator<Buffer> {
  const { events } = await describeSession(store, id);
  yield Buffer.from(csvLine(CSV_COLUMNS));
  for (const event of events) if (isCommand(event)) yield Buffer.from(csvLine(csvCells(event)));
}

function isCommand(event: EventJson): event is CommandJson {
  return event.type === 'command';
}

function csvCells(command: CommandJson): (string | number | null)[] {
  const { at, text, parameters, verb, ruling, approval, state, rows, bytes, duration_ms, error } = command;
  const lists = [command.class, command.relations, command.rule].map((list) => list.join('; '));
  const [classes = '', relations = '', rule = ''] = lists;
  const values = parameters.length === 0 ? null : JSON.stringify(parameters);
  return [
    at,
    command.command,
    text,
    values,
    classes,
    verb,
    relations,
    ruling,
    rule,
    approval,
    state,
    rows,
    bytes,
    duration_ms,
    error?.code ?? null,
    error?.message ?? null,
  ];
}
