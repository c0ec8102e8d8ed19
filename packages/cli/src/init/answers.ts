import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Dsn, Protocol, Target } from '@sallyport/core';
import { CliError, EXIT } from '../exit.ts';
import type { Ask } from './ask.ts';

/** What the command line says; everything else is asked, or has a default. */
export interface InitOptions {
  readonly protocol?: string;
  readonly name?: string;
  readonly listen?: string;
  readonly admin?: string;
  readonly tls?: Target['tls']['mode'];
  readonly ca?: string;
  readonly passwordEnv?: string;
  readonly person?: string;
  readonly agent?: string;
  readonly approver?: string;
  readonly shadow?: boolean;
  readonly sample?: boolean;
}

/** Where the database is and how to sign in there. */
export interface Whereabouts {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** The password is a token, and there is no user name. */
  readonly byToken?: boolean;
  readonly password?: string;
  /** The variable that holds the password, where it shall stay in one. */
  readonly passwordEnv?: string;
  readonly database?: string;
  /** What the command line demands; undefined: the strongest that works. */
  readonly tls?: Target['tls']['mode'];
  /** What the connection string is content with. */
  readonly content?: Target['tls']['mode'];
  readonly ca?: { readonly file: string; readonly pem: string };
}

/** Who there is at first, and how rules begin. */
export interface Beginning {
  readonly name: string;
  readonly person: string;
  readonly agent: string;
  readonly approver: string;
  readonly shadow: boolean;
}

/** As the configuration takes them. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/**
 * Where the database is: from the connection string, the environment and, where somebody is there
 * to ask, from them.
 *
 * @param ask undefined: nobody is there.
 * @throws CliError with exit code 2 for what is missing or wrong
 */
export async function findWhereabouts(
  dsn: string | undefined,
  options: InitOptions,
  protocols: readonly Protocol[],
  env: NodeJS.ProcessEnv,
  ask: Ask | undefined,
): Promise<Whereabouts> {
  const { protocol, said } = readDsn(dsn, options, protocols, env);
  const { passwordEnv } = options;
  if (passwordEnv !== undefined && !env[passwordEnv])
    throw new CliError(`The variable ${passwordEnv} is not set: it shall hold the password.`, EXIT.usage);
  const host = said.host ?? (await need('host', ask, 'localhost'));
  const port =
    said.port ??
    (ask === undefined || dsn !== undefined
      ? protocol.defaultPort
      : Number(await ask.text('Port', String(protocol.defaultPort), checkPort)));
  const byToken = protocol.tokenCredentials === true && said.username === undefined;
  const username = byToken ? '' : (said.username ?? (await need('user name', ask, undefined, 'The account that the gateway shall use')));
  const plain = protocol.tokenCredentials === true || ask === undefined;
  const database = said.database ?? (plain ? undefined : await ask.text('Database', username));
  const question = byToken ? 'The key or token that the gateway shall sign in with (empty: none)' : `Password of ${username} (empty: none)`;
  const typed = passwordEnv === undefined ? (said.password ?? (await ask?.secret(question))) : env[passwordEnv];
  const caFile = options.ca ?? said.caFile;
  return {
    protocol,
    host,
    port,
    username,
    ...(byToken && { byToken }),
    ...(typed !== undefined && typed !== '' && { password: typed }),
    ...(passwordEnv !== undefined && { passwordEnv }),
    ...(database !== undefined && { database }),
    ...(options.tls !== undefined && { tls: options.tls }),
    ...(said.tls !== undefined && { content: said.tls }),
    ...(caFile !== undefined && { ca: await readCa(caFile) }),
  };
}

/** Names and the rules' mode, each from its option, the terminal, or as usual. */
export async function findBeginning(options: InitOptions, { database, host }: Whereabouts, ask: Ask | undefined): Promise<Beginning> {
  const choose = async (option: string | undefined, flag: string, question: string, usual: string): Promise<string> => {
    const wrong = option === undefined ? undefined : checkName(option);
    if (wrong !== undefined) throw new CliError(`${flag}: ${wrong}`, EXIT.usage);
    return option ?? (ask === undefined ? usual : ask.text(question, usual, checkName));
  };
  const name = await choose(options.name, '--name', 'What shall clients call this target?', nameFrom(database ?? serviceName(host)));
  const person = await choose(options.person, '--person', 'The first person who connects', nameFrom(userInfo().username));
  const agent = await choose(options.agent, '--agent', 'The first agent that connects', 'agent');
  const approver = await choose(options.approver, '--approver', 'Somebody else, who approves what is held', 'dba');
  if (new Set([person, agent, approver]).size < 3) {
    throw new CliError('--person, --agent and --approver must be three names: nobody approves for themselves.', EXIT.usage);
  }
  const shadow =
    options.shadow ?? (await ask?.confirm('Shall rules only watch at first (shadow mode)? Masks mask all the same.', false)) ?? false;
  return { name, person, agent, approver, shadow };
}

function readDsn(
  text: string | undefined,
  options: InitOptions,
  protocols: readonly Protocol[],
  env: NodeJS.ProcessEnv,
): { readonly protocol: Protocol; readonly said: Dsn } {
  const eligible = protocols.filter(({ name }) => options.protocol === undefined || options.protocol === name);
  for (const protocol of eligible) {
    const said = protocol.readDsn(text, env);
    if (said !== undefined) return { protocol, said };
  }
  const names = protocols.map(({ name }) => name).join(', ');
  if (eligible.length === 0) throw new CliError(`'${options.protocol}' is no protocol of this release. There are: ${names}.`, EXIT.usage);
  // It is not repeated: a password may stand in it.
  throw new CliError(
    'This is no connection string of a protocol that this release speaks: write postgresql://USER@HOST:PORT/DATABASE, or https://HOST for a service.',
    EXIT.usage,
  );
}

/** What there is no usual value for. */
async function need(what: string, ask: Ask | undefined, usual?: string, question = `The database's ${what}`): Promise<string> {
  if (ask !== undefined) return ask.text(question, usual);
  const mend = 'give a connection string, such as postgresql://app@db.internal/shop, or start it at a terminal';
  throw new CliError(`The database's ${what} is not said, and nobody is here to ask: ${mend}.`, EXIT.usage);
}

async function readCa(file: string): Promise<{ readonly file: string; readonly pem: string }> {
  try {
    return { file: resolve(file), pem: await readFile(file, 'utf8') };
  } catch (cause) {
    throw new CliError(`The CA's certificate ${file} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, EXIT.usage, { cause });
  }
}

function checkName(answer: string): string | undefined {
  return NAME.test(answer) ? undefined : `'${answer}' is no name: letters, digits, ".", "_" and "-", 63 at most.`;
}

function checkPort(answer: string): string | undefined {
  const port = Number(answer);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? undefined : 'A number from 1 to 65535.';
}

/** `api.shop.example.com` and `www.shop.example.com` are called shop; another host, and an address, as they are. */
function serviceName(host: string): string {
  return /^(?:api|www)\.([a-z0-9-]+)\..+$/i.exec(host)?.[1] ?? host;
}

/** The nearest name that the configuration takes. */
function nameFrom(text: string): string {
  const near = text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return near.slice(0, 63) || 'db';
}
