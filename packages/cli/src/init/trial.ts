import type { CheckResult, Inspection, Interior, Target } from '@sallyport/core';
import { checkNetwork } from '../doctor/network-checks.ts';
import { CliError } from '../exit.ts';
import type { Whereabouts } from './answers.ts';
import type { Ask } from './ask.ts';
import { isService } from './configuration.ts';

/** A login that works, and what it sees. */
export interface Trial {
  readonly tls: Target['tls']['mode'];
  /** Why TLS is weaker than `verify-full`, and what would make it so; undefined where it is not. */
  readonly weaker?: string;
  readonly results: readonly CheckResult[];
  readonly inside: Interior;
}

const WEAKER = {
  require: 'encryption that does not prove which server it is (tls: require)',
  disable: 'no encryption at all (tls: disable)',
} as const;

/**
 * Signs in with TLS that proves the server, or with what the server has, where somebody agreed to
 * that: the connection string, the command line, a person, or because nothing leaves this machine.
 *
 * @throws CliError that says what is in the way, and how to mend it
 */
export async function tryTarget(where: Whereabouts, sample: boolean, ask: Ask | undefined, signal: AbortSignal): Promise<Trial> {
  const network = await checkNetwork(where.host, where.port, signal);
  const gone = network.find(({ level }) => level === 'problem');
  if (gone !== undefined) throw refusal(where, gone);
  const inspect = (tls: Target['tls']['mode']): Promise<Inspection> => where.protocol.inspect(targetOf(where, tls), { sample }, signal);
  // The scheme of a URL says which it is.
  const wanted = where.tls ?? (isService({ where }) ? where.content : undefined) ?? 'verify-full';
  const first = await inspect(wanted);
  if (first.inside !== undefined)
    return { tls: wanted, ...explained(wanted, first), results: [...network, ...first.results], inside: first.inside };
  const tls = first.strongestTls;
  const obstacle = first.results.findLast(({ level }) => level === 'problem');
  if (where.tls !== undefined || tls === undefined || tls === 'verify-full' || obstacle === undefined) throw refusal(where, obstacle);
  await agree(where, tls, obstacle, ask);
  const second = await inspect(tls);
  const { inside } = second;
  if (inside === undefined)
    throw refusal(
      where,
      second.results.findLast(({ level }) => level === 'problem'),
    );
  return { tls, weaker: sentences(obstacle), results: [...network, ...second.results], inside };
}

async function agree(where: Whereabouts, tls: 'require' | 'disable', obstacle: CheckResult, ask: Ask | undefined): Promise<void> {
  const { content, host } = where;
  if (content === tls || content === 'disable' || /^(localhost|127\.[\d.]+|::1)$/.test(host)) return;
  if (ask === undefined) throw new CliError(`${sentences(obstacle)} To go on all the same, with ${WEAKER[tls]}, say --tls ${tls}.`);
  if (!(await ask.confirm(`${sentences(obstacle)} Go on with ${WEAKER[tls]}?`, false))) throw new CliError('Nothing was written.');
}

/** With a mode that was demanded, the check itself says what is weak about it. */
function explained(tls: Target['tls']['mode'], { results }: Inspection): { readonly weaker?: string } {
  const result = results.find(({ check }) => check === 'tls');
  return tls === 'verify-full' || result === undefined ? {} : { weaker: sentences(result) };
}

function targetOf(where: Whereabouts, mode: Target['tls']['mode']): Target {
  const { protocol, host, port, username, byToken, password, database, ca } = where;
  const secret = password === undefined ? {} : byToken === true ? { token: password } : { password };
  return {
    name: database ?? host,
    protocol: protocol.name,
    host,
    port,
    tls: { mode, ...(mode === 'verify-full' && ca !== undefined && { ca: ca.pem }) },
    credentials: { username, ...secret },
    labels: {},
    options: { ...(database !== undefined && { database }) },
  };
}

function refusal({ password }: Whereabouts, obstacle: CheckResult | undefined): CliError {
  const hint =
    password === undefined && obstacle?.check === 'login'
      ? ' No password was given: put it into a variable and say --password-env NAME.'
      : '';
  return new CliError(`${obstacle === undefined ? 'The target could not be looked at.' : sentences(obstacle)}${hint}`);
}

function sentences({ message, mend }: CheckResult): string {
  return mend === undefined ? message : `${message} Mend: ${mend}.`;
}
