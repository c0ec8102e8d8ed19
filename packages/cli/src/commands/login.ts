import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { Api } from '../api.ts';
import { CliError } from '../exit.ts';
import { readLogins, writeLogins } from '../logins.ts';
import { localTime, print, say } from '../output/terminal.ts';
import { toJson, visible } from '../output/visible.ts';
import { findUrl, openApi, type SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly url?: string;
  readonly json?: boolean;
}

interface WhoAmI {
  readonly identity: string;
  readonly kind: string;
  readonly groups: readonly string[];
  readonly acting_for: string | null;
  readonly expires_at: string;
  readonly can: readonly string[];
}

/** `login`, `logout`, `whoami`. */
export function loginCommands(): Command[] {
  return [
    new Command('login')
      .description('keep a gateway token for later commands (asks for it, or reads it from standard input)')
      .option('--url <url>', 'the gateway (default: SALLYPORT_URL, then the configuration)')
      .action((_: Options, command: Command) => login(command.optsWithGlobals<Options>())),
    new Command('logout')
      .description('forget the tokens kept for this gateway')
      .option('--url <url>', 'the gateway (default: SALLYPORT_URL, then the configuration)')
      .action((_: Options, command: Command) => logout(command.optsWithGlobals<Options>())),
    new Command('whoami')
      .description('show whose token is in use and what it is good for')
      .option('--json', 'as JSON')
      .action((_: Options, command: Command) => whoAmI(command.optsWithGlobals<Options>())),
  ];
}

async function login(options: Options): Promise<void> {
  const url = options.url ?? (await findUrl(options));
  const token = await askToken(url);
  const me = await new Api(url, token).get<WhoAmI>('/api/v1/whoami');
  const logins = await readLogins();
  const purpose = me.can.includes('approve') ? 'approve' : 'connect';
  await writeLogins({ current: url, gateways: { ...logins.gateways, [url]: { ...logins.gateways[url], [purpose]: token } } });
  say(`Signed in at ${url} as ${visible(me.identity)}${purpose === 'approve' ? ', to approve' : ''}, until ${localTime(me.expires_at)}.`);
}

async function askToken(url: string): Promise<string> {
  let token: string;
  if (process.stdin.isTTY) {
    const { password } = await import('@inquirer/prompts');
    token = await password({ message: `Token for ${url}:` }, { output: process.stderr });
  } else token = await text(process.stdin);
  if (token.trim() === '') throw new CliError('No token was given.');
  return token.trim();
}

async function logout(options: Options): Promise<void> {
  const url = options.url ?? (await findUrl(options));
  const { current, gateways } = await readLogins();
  const others = Object.fromEntries(Object.entries(gateways).filter(([each]) => each !== url));
  await writeLogins({ gateways: others, ...(current !== undefined && current !== url && { current }) });
  say(`Signed out at ${url}.`);
}

async function whoAmI(options: Options): Promise<void> {
  const me = await (await openApi(options, 'connect')).get<WhoAmI>('/api/v1/whoami');
  if (options.json === true) return print(`${toJson(me, 2)}\n`);
  const forWhom = me.acting_for === null ? '' : `, for ${me.acting_for}`;
  const groups = me.groups.length > 0 ? `, in ${me.groups.join(', ')}` : '';
  const can = me.can.length > 0 ? `; it can ${me.can.join(', ')}` : '';
  await print(`${visible(`${me.identity} (${me.kind}${forWhom}${groups}); token until ${localTime(me.expires_at)}${can}`)}\n`);
}
