import { createHash } from 'node:crypto';
import { GatewayError, type NewEntry, parseSshKeyLine, sshFingerprint, type TokenRow } from '@sallyport/core';
import { type OutsideTokenParts, outsideRow } from '../outside-token.ts';
import type { LocalUser } from '../people.ts';
import { certificateEnd, checkCertificate, isCertificate, NEVER, readCertificate } from './certificate.ts';

const ID_PREFIX = 'key_';

/** A public key, or a certificate, that somebody offers as theirs. */
export interface OfferedKey {
  readonly user: string;
  /** As it is on the wire. */
  readonly key: Buffer;
  /** The client's IP address. */
  readonly address: string;
}

/** Whether a row stands for a public key. */
export function isKeyRow({ id }: Pick<TokenRow, 'id'>): boolean {
  return id.startsWith(ID_PREFIX);
}

export interface PublicKeysParts extends OutsideTokenParts {
  /** A log entry of the gateway's. */
  entry(type: string, body: Readonly<Record<string, unknown>>): NewEntry;
}

/** What lets a key in. */
interface Trust {
  /** The key that the client has to prove: the certified one where it shows a certificate. */
  readonly publicKey: Buffer;
  /** The user's own key or the CA, as it is on the wire. */
  readonly by: Buffer;
  readonly expiresAt: number;
}

/**
 * SSH keys as tokens of the gateway: a row each, so that sign-ins are counted, `token list` shows them, `token revoke`
 * ends their sessions, and a key or CA that leaves the configuration ends them too.
 */
export class PublicKeys {
  readonly #parts: PublicKeysParts;
  #users: ReadonlyMap<string, readonly Buffer[]> = new Map();
  #authorities: readonly Buffer[] = [];
  /** What let a row in, since the gateway runs. */
  readonly #trusted = new Map<string, Buffer>();

  constructor(parts: PublicKeysParts) {
    this.#parts = parts;
  }

  /** @param authorities CAs for user certificates, a line each as in authorized_keys. */
  reload(users: readonly LocalUser[], authorities: readonly string[]): void {
    const keys = (lines: readonly string[]): readonly Buffer[] => lines.flatMap((line) => parseSshKeyLine(line) ?? []);
    this.#users = new Map(users.map(({ name, sshKeys }) => [name, keys(sshKeys)]));
    this.#authorities = keys(authorities);
  }

  /** The key whose possession lets the user in. @throws GatewayError ERR_LOGIN */
  provable(offered: OfferedKey): Buffer {
    return this.#trust(offered).publicKey;
  }

  /** The row of a key whose possession was proven, made when it first comes. @throws GatewayError ERR_LOGIN */
  async row(offered: OfferedKey): Promise<TokenRow> {
    const { by, expiresAt } = this.#trust(offered);
    const sha256 = hash(hash(Buffer.concat([Buffer.from(`${offered.user}\0`), offered.key])));
    const { user, key } = offered;
    const row = await outsideRow({ prefix: ID_PREFIX, user, expiresAt, sha256 }, this.#parts, (id) =>
      this.#parts.entry('token.key', { token: id, user, fingerprint: sshFingerprint(key), certificate: isCertificate(key) }),
    );
    this.#trusted.set(row.id, by);
    return row;
  }

  /** The configuration still has what let this row in. */
  stands({ id, user }: TokenRow): boolean {
    const by = this.#trusted.get(id);
    return (
      by !== undefined &&
      [...(this.#users.get(user) ?? []), ...(this.#users.has(user) ? this.#authorities : [])].some((each) => each.equals(by))
    );
  }

  #trust({ user, key, address }: OfferedKey): Trust {
    if (!isCertificate(key)) {
      if (!this.#users.get(user)?.some((each) => each.equals(key)))
        throw new GatewayError(
          'ERR_LOGIN',
          `The gateway does not know this key for ${user}: list it under identity.users.${user}.ssh_keys.`,
        );
      return { publicKey: key, by: key, expiresAt: NEVER };
    }
    const certificate = readCertificate(key);
    checkCertificate(certificate, { user, address, authorities: this.#authorities, now: this.#parts.now() });
    if (!this.#users.has(user))
      throw new GatewayError(
        'ERR_LOGIN',
        `This SSH certificate is refused: ${user} is not among identity.users of the gateway's configuration.`,
      );
    return { publicKey: certificate.publicKey, by: certificate.authority, expiresAt: certificateEnd(certificate) };
  }
}

function hash(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
