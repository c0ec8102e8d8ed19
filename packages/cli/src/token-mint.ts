import { glob, type Store } from '@sallyport/core';
import { type MintedToken, mintToken, type TokenRequest } from '@sallyport/identity';
import type { Administrator } from './administrator.ts';
import { CliError, EXIT } from './exit.ts';
import type { Site } from './site.ts';

/** Makes a token for a user of the configuration and stores it with its log entry. */
export async function mintFor(site: Site, store: Store, administrator: Administrator, request: TokenRequest): Promise<MintedToken> {
  const user = site.config.users.find((each) => each.name === request.user);
  if (user === undefined) throw new CliError(`The configuration has no user '${request.user}'. Add it under identity.users.`);
  if (user.kind === 'agent' && request.can?.includes('approve') === true)
    throw new CliError(`'${user.name}' is an agent: agents do not approve.`);
  demandPerson(site, request.actingFor);
  demandTargets(site, request.targets ?? []);
  const minted = await mintToken(request, administrator.keys, Date.now());
  const { row } = minted;
  const entry = administrator.recorder.entry('token.minted', {
    actor: administrator.actor,
    token: row.id,
    user: row.user,
    acting_for: row.actingFor,
    expires_at: row.expiresAt,
    targets: row.targets,
    classes: row.classes,
    sessions: row.maxSessions,
    can: row.can,
  });
  await store.tokens.insert(row, entry);
  return minted;
}

/** Somebody must answer for what an agent does: another agent cannot, nor a name that nobody bears. */
function demandPerson({ config }: Site, name: string | undefined): void {
  if (name === undefined) return;
  const kind = config.users.find((each) => each.name === name)?.kind;
  if (kind === 'person') return;
  const persons = config.users.filter((each) => each.kind === 'person').map((each) => each.name);
  const what = kind === undefined ? 'no user of the configuration' : 'an agent';
  throw new CliError(`'${name}' is ${what}: a token can be for a person only. Persons: ${persons.join(', ') || 'none'}.`, EXIT.usage);
}

/** A misspelt target would make a token that is good for nothing. */
function demandTargets({ config }: Site, patterns: readonly string[]): void {
  const names = config.targets.map((each) => each.name);
  const idle = patterns.find((pattern) => !names.some(glob(pattern)));
  if (idle === undefined) return;
  throw new CliError(`'${idle}' matches no target of the configuration. Targets: ${names.join(', ') || 'none'}.`, EXIT.usage);
}
