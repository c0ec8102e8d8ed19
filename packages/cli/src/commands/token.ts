import { COMMAND_CLASSES, type CommandClass, type TokenRow } from '@sallyport/core';
import { Command, Option } from 'commander';
import { asAdministrator } from '../administrator.ts';
import { CliError, EXIT } from '../exit.ts';
import { parseCount } from '../output/count.ts';
import { parseDuration } from '../output/duration.ts';
import { inColour } from '../output/state.ts';
import { localTime, print, printListing, say } from '../output/terminal.ts';
import { toJson } from '../output/visible.ts';
import { loadSite, type SiteOptions, withStore } from '../site.ts';

interface Options extends SiteOptions {
  readonly user: string;
  readonly ttl: number;
  readonly target?: readonly string[];
  readonly class?: readonly string[];
  readonly sessions?: number;
  readonly for?: string;
  readonly can?: 'approve';
  readonly json?: boolean;
}

export function tokenCommand(): Command {
  const command = new Command('token').description('make, list and revoke the tokens that people and agents sign in with');
  command
    .command('create')
    .description('make a token and print it, once')
    .requiredOption('--user <name>', 'whose it is')
    .requiredOption('--ttl <duration>', 'how long it lasts: 30m, 8h, 7d', parseDuration)
    .option('--target <names...>', 'only these targets (names or globs)')
    .option('--class <classes...>', `only these classes of commands: ${COMMAND_CLASSES.join(', ')}`)
    .option('--sessions <number>', 'good for so many sign-ins', parseCount)
    .option('--for <person>', 'the person that an agent works for')
    .addOption(new Option('--can <right>', 'a token that decides approvals; it opens no connection').choices(['approve']))
    .option('--json', 'as JSON')
    .action((_: Options, self: Command) => create(self.optsWithGlobals<Options>()));
  command
    .command('list')
    .description('list tokens, newest first; what they are is never stored')
    .option('--json', 'as JSON')
    .action((_: Options, self: Command) => list(self.optsWithGlobals<Options>()));
  command
    .command('revoke')
    .description('end a token, those it made, and their sessions')
    .argument('<id>', 'as `sallyport token list` shows it')
    .action((id: string, _: Options, self: Command) => revoke(id, self.optsWithGlobals<Options>()));
  return command;
}

async function create(options: Options): Promise<void> {
  const { mintFor } = await import('../token-mint.ts');
  const site = await loadSite(options);
  const request = {
    user: options.user,
    ttl: options.ttl,
    targets: split(options.target),
    classes: parseClasses(split(options.class)),
    ...(options.sessions !== undefined && { sessions: options.sessions }),
    ...(options.for !== undefined && { actingFor: options.for }),
    ...(options.can !== undefined && { can: [options.can] }),
  };
  const { token, row } = await asAdministrator(site, (store, administrator) => mintFor(site, store, administrator, request));
  if (options.json === true) return print(`${toJson({ token, ...tokenJson(row) }, 2)}\n`);
  say(`${row.id} for ${row.user}, until ${localTime(new Date(row.expiresAt).toISOString())}. It is shown only now:`);
  await print(`${token}\n`);
}

async function list(options: Options): Promise<void> {
  const site = await loadSite(options);
  const rows = await withStore(site, 'read', (store) => store.tokens.list());
  const tokens = [...rows].sort((a, b) => b.createdAt - a.createdAt).map(tokenJson);
  const columns = [
    { title: 'id', whole: true },
    { title: 'user' },
    { title: 'state', style: inColour },
    { title: 'until' },
    { title: 'sessions', align: 'right' as const },
    { title: 'good for' },
  ];
  await printListing(tokens, options, columns, (token) => [
    token.id,
    token.acting_for === null ? token.user : `${token.user} for ${token.acting_for}`,
    token.state,
    localTime(token.expires_at),
    token.max_sessions === null ? token.sessions : `${token.sessions}/${token.max_sessions}`,
    [...token.targets, ...token.classes, ...token.can].join(' ') || 'all that rules allow',
  ]);
}

async function revoke(id: string, options: Options): Promise<void> {
  const site = await loadSite(options);
  const revoked = await asAdministrator(site, (store, { recorder, actor }) =>
    store.tokens.revoke(id, Date.now(), recorder.entry('token.revoked', { actor, token: id })),
  );
  if (!revoked) throw new CliError(`There is no live token '${id}'. \`sallyport token list\` shows them.`);
  say(`${id} is revoked; its sessions end within a second.`);
}

function tokenJson(row: TokenRow) {
  const time = (at: number): string => new Date(at).toISOString();
  return {
    id: row.id,
    user: row.user,
    acting_for: row.actingFor,
    state: stateOf(row),
    created_at: time(row.createdAt),
    expires_at: time(row.expiresAt),
    revoked_at: row.revokedAt === null ? null : time(row.revokedAt),
    parent: row.parent,
    targets: row.targets,
    classes: row.classes,
    max_sessions: row.maxSessions,
    sessions: row.sessions,
    can: row.can,
  };
}

function stateOf(row: TokenRow): 'live' | 'revoked' | 'expired' {
  if (row.revokedAt !== null) return 'revoked';
  return row.expiresAt <= Date.now() ? 'expired' : 'live';
}

/** `--target a b`, `--target a --target b` and `--target a,b` are the same. */
function split(words: readonly string[] | undefined): readonly string[] {
  return (words ?? []).flatMap((word) => word.split(',')).filter((word) => word !== '');
}

function parseClasses(words: readonly string[]): readonly CommandClass[] {
  const isClass = (word: string): word is CommandClass => (COMMAND_CLASSES as readonly string[]).includes(word);
  const wrong = words.find((word) => !isClass(word));
  if (wrong !== undefined) throw new CliError(`'${wrong}' is no class of commands. They are ${COMMAND_CLASSES.join(', ')}.`, EXIT.usage);
  return words.filter(isClass);
}
