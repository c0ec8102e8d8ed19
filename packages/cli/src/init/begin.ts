import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Protocol } from '@sallyport/core';
import { type MaskProposal, proposeMasks } from '@sallyport/gateway';
import { CliError } from '../exit.ts';
import { listenFault } from '../port.ts';
import { findBeginning, findWhereabouts, type InitOptions, type Whereabouts } from './answers.ts';
import type { Ask } from './ask.ts';
import { configurationText, type Draft, isService } from './configuration.ts';
import { demandAbsent, passwordFile, writeConfiguration, writePassword } from './files.ts';
import { type Trial, tryTarget } from './trial.ts';

/** The port of a target without `listen` is its protocol's own and this; so it is here. */
const LISTEN_OFFSET = 10_000;
const ADMIN_PORT = 8_420;
/** How many ports beside the usual one are tried. */
const PORTS_TRIED = 50;

export interface Request {
  readonly dsn: string | undefined;
  readonly options: InitOptions & { readonly force?: boolean };
  /** Absolute path of the configuration. */
  readonly file: string;
  readonly protocols: readonly Protocol[];
  /** undefined: nobody is there to ask. */
  readonly ask: Ask | undefined;
  say(line: string): void;
  /** Shows what was found, before anybody is asked about it. */
  show(found: Discovery): Promise<void>;
  readonly signal: AbortSignal;
}

/** What a look at the database brought. */
export interface Discovery {
  readonly where: Whereabouts;
  readonly trial: Trial;
  readonly masks: readonly MaskProposal[];
}

export interface Begun {
  readonly file: string;
  readonly draft: Draft;
  readonly trial: Trial;
  readonly passwordFile?: string;
}

/**
 * Finds out where the database is, signs in, proposes masks and writes a configuration. Nothing is
 * written unless all of that worked.
 *
 * @throws CliError
 */
export async function begin(request: Request): Promise<Begun> {
  const { options, file, protocols, ask, say, signal } = request;
  const force = options.force === true;
  demandAbsent(file, force);
  const where = await findWhereabouts(request.dsn, options, protocols, process.env, ask);
  const question = 'May a few values of text columns be read too, to find what column names do not tell? None is shown or kept.';
  const sample = isService({ where }) ? false : (options.sample ?? (await ask?.confirm(question, false)) ?? false);
  say(`Looking at ${where.host}:${where.port} ...`);
  const trial = await tryTarget(where, sample, ask, signal);
  if (trial.weaker !== undefined) say(`TLS is "${trial.tls}", and not "verify-full": ${trial.weaker}`);
  const proposed = proposeMasks(trial.inside.columns);
  await request.show({ where, trial, masks: proposed });
  const masks = proposed.length === 0 || ((await ask?.confirm('Mask these columns?', true)) ?? true) ? proposed : [];
  const beginning = await findBeginning(options, where, ask);
  const folder = dirname(file);
  const secret = where.password === undefined || where.passwordEnv !== undefined ? undefined : passwordFile(folder, beginning.name);
  if (secret !== undefined) demandAbsent(secret, force);
  const reference =
    where.passwordEnv === undefined ? secret && `\${file:./secrets/${beginning.name}.password}` : `\${env:${where.passwordEnv}}`;
  const draft: Draft = {
    where,
    beginning,
    tls: trial.tls,
    ...(trial.weaker !== undefined && { weaker: trial.weaker }),
    ...proposalOf(trial),
    masks,
    ...(await addresses(options, where.protocol.defaultPort + LISTEN_OFFSET, say)),
    ...(reference !== undefined && { password: reference }),
    folder,
  };
  if (secret !== undefined && where.password !== undefined) await writePassword(secret, where.password, force);
  try {
    await writeConfiguration(file, configurationText(draft), protocols, force);
  } catch (error) {
    if (secret !== undefined) await rm(secret, { force: true });
    throw error;
  }
  return { file, draft, trial, ...(secret !== undefined && { passwordFile: secret }) };
}

/** What the look at the target says of it. */
function proposalOf({ inside }: Trial): Pick<Draft, 'product' | 'kind' | 'options' | 'tokenHeader'> {
  const { product, kind, options, tokenHeader } = inside;
  return {
    product,
    ...(kind !== undefined && { kind }),
    ...(options !== undefined && { options }),
    ...(tokenHeader !== undefined && { tokenHeader }),
  };
}

/** The usual ports, or the next ones that are free. */
async function addresses(
  { listen, admin }: InitOptions,
  port: number,
  say: (line: string) => void,
): Promise<Pick<Draft, 'listen' | 'admin'>> {
  const usual = async (first: number): Promise<string> => {
    for (let at = first; at < first + PORTS_TRIED; at += 1) {
      if ((await listenFault('127.0.0.1', at)) !== undefined) continue;
      if (at !== first) say(`Port ${first} is taken on this machine; it is ${at} instead.`);
      return `127.0.0.1:${at}`;
    }
    throw new CliError(`No port from ${first} on is free on this machine: choose addresses with --listen and --admin.`);
  };
  return { listen: listen ?? (await usual(port)), admin: admin ?? (await usual(ADMIN_PORT)) };
}
