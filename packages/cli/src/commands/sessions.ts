import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Protocol, SessionEvent, SessionFilter, SessionState, Store } from '@sallyport/core';
import { Command, Option } from 'commander';
import { asAdministrator } from '../administrator.ts';
import { CliError, EXIT } from '../exit.ts';
import { parseChannel } from '../output/channel-number.ts';
import { parseCount } from '../output/count.ts';
import { liveText, SESSION_COLUMNS, sessionCells, sessionText } from '../output/session.ts';
import { localTime, print, printListing, say } from '../output/terminal.ts';
import { toJson, visible } from '../output/visible.ts';
import { findSession, parseMoment } from '../session-names.ts';
import { decoderOf, loadSite, openAdminApi, type SiteOptions, withStore } from '../site.ts';
import { searchForValue } from '../value-lookup.ts';
import { VERSION } from '../version.ts';

interface Options extends SiteOptions {
  readonly json?: boolean;
  readonly limit: number;
  readonly state?: SessionState;
  readonly target?: string;
  readonly user?: string;
  readonly since?: number;
  readonly before?: number;
  readonly reason?: string;
  readonly format: 'json' | 'csv' | 'asciicast' | 'har';
  readonly channel?: number;
  readonly output?: string;
  readonly yes?: boolean;
  readonly valueFrom?: string;
}

const ID = '<id>';
const ID_HELP = 'an id, the beginning of one, or `last`';

export function sessionsCommand(): Command {
  const command = new Command('sessions').description('see, search, watch, end, export and remove recorded sessions');
  const list = command.command('list').description('list sessions, newest first');
  filtered(list).action((_: Options, self: Command) => listSessions(self.optsWithGlobals<Options>()));
  const search = command.command('search').description('find events that contain a text, or where a value passed').argument('[text]');
  search.option('--value-from <file>', 'did this value pass, to whom, masked or clear? Read from a file, or from standard input (-)');
  filtered(search).action((text: string | undefined, _: Options, self: Command) => searchFor(text, self.optsWithGlobals<Options>()));
  command
    .command('show')
    .description('show a session with its commands and what became of them')
    .argument(ID, ID_HELP)
    .option('--json', 'as JSON')
    .action((id: string, _: Options, self: Command) => showSession(id, self.optsWithGlobals<Options>()));
  command
    .command('watch')
    .description('show what happens in a live session, or its terminal, until it ends or Ctrl-C')
    .argument(ID, ID_HELP)
    .option('--channel <number>', 'whose terminal is shown (default: the first that has one)', parseChannel)
    .option('--json', 'one JSON object a line')
    .action((id: string, _: Options, self: Command) => watchSession(id, self.optsWithGlobals<Options>()));
  command
    .command('kill')
    .description('end a live session')
    .argument(ID, ID_HELP)
    .option('--reason <text>', 'why: its client reads it')
    .action((id: string, _: Options, self: Command) => killSession(id, self.optsWithGlobals<Options>()));
  command
    .command('export')
    .description(
      'write a session out: whole, so that it verifies anywhere, its commands as CSV, its terminal for asciinema, or its exchanges of HTTP as HAR',
    )
    .argument(ID, ID_HELP)
    .addOption(new Option('--format <format>', 'json, csv, asciicast or har').choices(['json', 'csv', 'asciicast', 'har']).default('json'))
    .option('--output <file>', 'a file instead of standard output')
    .option('--channel <number>', 'whose terminal asciicast plays (default: the first that has one)', parseChannel)
    .action((id: string, _: Options, self: Command) => exportOne(id, self.optsWithGlobals<Options>()));
  command
    .command('prune')
    .description('remove old records; the log keeps their start, their seal, and who removed them')
    .option('--before <time>', 'those that ended before (RFC 3339, or an age such as 90d); default: recording.keep', parseMoment)
    .option('--yes', 'without asking')
    .action((_: Options, self: Command) => pruneSessions(self.optsWithGlobals<Options>()));
  return command;
}

function filtered(command: Command): Command {
  return command
    .addOption(new Option('--state <state>', 'only these').choices(['live', 'ended', 'interrupted', 'failed']))
    .option('--target <name>', 'only at this target')
    .option('--user <name>', 'only of this identity')
    .option('--since <time>', 'only those that began since (RFC 3339, or an age such as 2h)', parseMoment)
    .option('--before <time>', 'only those that began before', parseMoment)
    .option('--limit <number>', 'at most so many', parseCount, 100)
    .option('--json', 'as JSON');
}

function filterOf(options: Options): SessionFilter {
  const { limit, state, target, user, since, before } = options;
  return {
    limit,
    ...(state !== undefined && { state }),
    ...(target !== undefined && { target }),
    ...(user !== undefined && { identity: user }),
    ...(since !== undefined && { since }),
    ...(before !== undefined && { before }),
  };
}

async function listSessions(options: Options): Promise<void> {
  const { sessionJson } = await import('@sallyport/recording');
  const site = await loadSite(options);
  const rows = await withStore(site, 'read', (store) => store.sessions.list(filterOf(options)));
  await printListing(rows.map(sessionJson), options, SESSION_COLUMNS, sessionCells);
}

async function searchFor(text: string | undefined, options: Options): Promise<void> {
  if ((text === undefined) === (options.valueFrom === undefined))
    throw new CliError('What is searched for? Give a text, or a value with --value-from FILE.', EXIT.usage);
  return options.valueFrom === undefined
    ? searchEvents(text ?? '', options)
    : searchForValue(options.valueFrom, options, filterOf(options));
}

async function searchEvents(text: string, options: Options): Promise<void> {
  const { searchSessions } = await import('@sallyport/recording');
  const site = await loadSite(options);
  const matches = await withStore(site, 'read', (store) => searchSessions(store, text, filterOf(options)));
  const columns = [
    { title: 'session', whole: true },
    { title: 'identity' },
    { title: 'target' },
    { title: 'at' },
    { title: 'event' },
    { title: 'text' },
  ];
  await printListing(matches, options, columns, ({ session, event }) => [
    session.id,
    session.identity,
    session.target,
    localTime(event.at),
    event.type,
    'text' in event ? String(event['text']) : JSON.stringify(event),
  ]);
}

async function showSession(name: string, options: Options): Promise<void> {
  const { describeSession } = await import('@sallyport/recording');
  const site = await loadSite(options);
  const session = await withStore(site, 'read', async (store) => describeSession(store, (await findSession(store, name)).id));
  await print(options.json === true ? `${toJson(session, 2)}\n` : sessionText(session));
}

async function watchSession(name: string, options: Options): Promise<void> {
  const site = await loadSite(options);
  const api = await openAdminApi(site);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const id = await withStore(site, 'read', async (store) => {
    const { id, protocol } = await findSession(store, name);
    const terminals = site.protocols.some((each) => each.name === protocol && each.terminals === true);
    if (!terminals || options.json === true || !process.stdout.isTTY) return id;
    const { watchTerminal } = await import('../terminal-watch.ts');
    const decode = decoderOf(site, protocol);
    return (await watchTerminal({ id, api, store, decode, channel: options.channel, signal: stop.signal })) ? undefined : id;
  });
  if (id === undefined) return;
  for await (const event of api.events<SessionEvent>(`/api/v1/sessions/${id}/watch`, stop.signal)) {
    const at = new Date().toISOString();
    await print(options.json === true ? `${toJson({ at, ...event })}\n` : `${liveText(at, event)}\n`);
  }
}

async function killSession(name: string, options: Options): Promise<void> {
  const site = await loadSite(options);
  const api = await openAdminApi(site);
  const { id } = await withStore(site, 'read', (store) => findSession(store, name));
  await api.post(`/api/v1/sessions/${id}/kill`, { reason: options.reason ?? null });
  say(`${id} is ended.`);
}

async function exportOne(name: string, options: Options): Promise<void> {
  const site = await loadSite(options);
  await withStore(site, 'read', async (store) => {
    const { id, protocol } = await findSession(store, name);
    const content = await exported(store, id, decoderOf(site, protocol), options);
    if (options.output !== undefined) return pipeline(Readable.from(content), createWriteStream(options.output, { mode: 0o600 }));
    for await (const chunk of content) await print(chunk.toString());
  });
}

async function exported(store: Store, id: string, decode: Protocol['decodeRecording'], options: Options): Promise<AsyncIterable<Buffer>> {
  const { exportAsciicast, exportHar, exportSession } = await import('@sallyport/recording');
  switch (options.format) {
    case 'asciicast':
      return exportAsciicast(store, id, decode, options.channel);
    case 'har':
      return exportHar(store, id, decode, VERSION);
    default:
      return exportSession(store, id, options.format);
  }
}

async function pruneSessions(options: Options): Promise<void> {
  const site = await loadSite(options);
  const { keepMs } = site.config.recording;
  const before = options.before ?? (keepMs === undefined ? undefined : Date.now() - keepMs);
  if (before === undefined) throw new CliError('Which ones? Give --before TIME, or set recording.keep in the configuration.', EXIT.usage);
  const until = localTime(new Date(before).toISOString());
  if (options.yes !== true && !(await confirmed(`Remove the records of all sessions that ended before ${until}?`)))
    throw new CliError('Nothing was removed.');
  const ids = await asAdministrator(site, (_, { recorder, actor }) => recorder.prune(before, actor));
  say(`${ids.length} sessions that ended before ${until} are removed.`);
  await print(ids.map((id) => `${visible(id)}\n`).join(''));
}

async function confirmed(message: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CliError('Nobody is there to ask: add --yes.', EXIT.usage);
  const { confirm } = await import('@inquirer/prompts');
  return confirm({ message, default: false }, { output: process.stderr });
}
