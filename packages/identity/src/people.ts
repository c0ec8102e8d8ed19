import type { Identity, TokenRow } from '@sallyport/core';
import { IdentityProvider, isJwt, type ProviderOptions } from './identity-provider.ts';
import { isKeyRow, PublicKeys } from './ssh/public-keys.ts';
import { isVouched, VouchedTokens, type VouchedTokensParts } from './vouched-tokens.ts';

/** A user from the configuration. */
export interface LocalUser {
  readonly name: string;
  readonly kind: 'person' | 'agent';
  readonly groups: readonly string[];
  /** Public keys in OpenSSH's one-line form. */
  readonly sshKeys: readonly string[];
}

/** Who may be somebody here: as the configuration says. */
export interface Known {
  readonly users: readonly LocalUser[];
  /** Vouches for people who are not among {@link users}. */
  readonly provider?: ProviderOptions | undefined;
  /** CAs whose SSH certificates sign users in, a line each as in authorized_keys. */
  readonly sshAuthorities?: readonly string[] | undefined;
}

/** Whom tokens belong to, as things stand: the configuration's users, and whom an identity provider vouched for. */
export class People {
  /** The SSH keys of the configuration's users, and certificates for them. */
  readonly publicKeys: PublicKeys;
  readonly #parts: Pick<VouchedTokensParts, 'tokens' | 'entry' | 'now'>;
  #users: ReadonlyMap<string, LocalUser> = new Map();
  #provider: ProviderOptions | undefined;
  #vouched: VouchedTokens | undefined;
  /** Whom a provider has vouched for: a user of the configuration who comes to have the name is somebody else. */
  readonly #identities = new WeakSet<Identity>();

  constructor(known: Known, parts: Pick<VouchedTokensParts, 'tokens' | 'entry' | 'now'>) {
    this.#parts = parts;
    this.publicKeys = new PublicKeys(parts);
    this.reload(known);
  }

  reload({ users, provider, sshAuthorities = [] }: Known): void {
    this.#users = new Map(users.map((user) => [user.name, user]));
    this.publicKeys.reload(users, sshAuthorities);
    if (JSON.stringify(provider) === JSON.stringify(this.#provider)) return;
    this.#provider = provider;
    this.#vouched = provider && this.#vouchedBy(provider);
  }

  isLocal(name: string): boolean {
    return this.#users.has(name);
  }

  /** Only an identity provider can know the name, and there is one. */
  mayBeVouched(name: string): boolean {
    return this.#vouched !== undefined && !this.isLocal(name);
  }

  /** The row of a secret that is a JWT; undefined for other secrets, and where there is no provider. @throws GatewayError ERR_LOGIN */
  rowOf(secret: string): Promise<TokenRow> | undefined {
    return isJwt(secret) ? this.#vouched?.row(secret) : undefined;
  }

  /** Somebody who signed in, as things stand. What a provider said of somebody holds as long as the token it came with. */
  current(identity: Identity): Identity | undefined {
    const { name, actingFor } = identity;
    if (this.#identities.has(identity)) return this.mayBeVouched(name) ? identity : undefined;
    return this.#local(name, actingFor ?? null);
  }

  /** @param lineage the token and those it descends from, nearest first. */
  identityOf({ user, actingFor }: TokenRow, lineage: readonly TokenRow[]): Identity | undefined {
    const root = lineage.at(-1);
    if (root === undefined || !isVouched(root)) return this.#local(user, actingFor);
    return this.isLocal(user) ? undefined : this.#vouched?.identity(root.id);
  }

  /** Why nobody may use this token, though it has not ended: its people are there no more. */
  orphaned(row: TokenRow, lineage: readonly TokenRow[]): string | undefined {
    const root = lineage.at(-1);
    if (root !== undefined && isKeyRow(root) && !this.publicKeys.stands(root))
      return `The gateway's configuration no longer has the SSH key or CA that let ${row.user} in.`;
    if (this.identityOf(row, lineage) !== undefined) return undefined;
    if (!this.isLocal(row.user) || row.actingFor === null) return `${row.user} is no longer a user of this gateway.`;
    return `This gateway token acts for ${row.actingFor}, who is not a person in the gateway's configuration.`;
  }

  #local(name: string, actingFor: string | null): Identity | undefined {
    const user = this.#users.get(name);
    if (user === undefined || (actingFor !== null && this.#users.get(actingFor)?.kind !== 'person')) return undefined;
    return { name, kind: user.kind, groups: user.groups, ...(actingFor !== null && { actingFor }) };
  }

  #vouchedBy(provider: ProviderOptions): VouchedTokens {
    const isLocal = (name: string): boolean => this.isLocal(name);
    return new VouchedTokens({
      ...this.#parts,
      identities: this.#identities,
      provider: new IdentityProvider(provider, this.#parts.now),
      isLocal,
    });
  }
}
