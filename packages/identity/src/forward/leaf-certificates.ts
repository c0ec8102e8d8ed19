import { X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { type CertifiedKey, issueLeaf } from '../certificate.ts';

const DAY_MS = 24 * 3_600_000;
const LEAF_DAYS = 7;
const RENEW_BEFORE_MS = DAY_MS;
/** Hosts whose certificate is kept: one takes some 5 KiB, and a few milliseconds to make. */
const CACHED = 1_000;
/** In place of the host's name, which counts in subjectAltName only; an address here would be taken for a name. */
const SUBJECT = [{ name: 'organizationName', value: 'Sallyport forward proxy' }];

interface Cached {
  readonly context: SecureContextOptions;
  readonly notAfter: number;
}

/** Certificates in a host's place, made when first asked for, and kept in memory alone. */
export class LeafCertificates {
  readonly #authority: CertifiedKey;
  readonly #chain: string;
  readonly #key: () => Promise<string>;
  readonly #cached = new Map<string, Cached>();

  /**
   * @param chain PEM of what clients need besides the leaf.
   * @param key the private key that all of them share: making one takes a tenth of a second and more.
   */
  constructor(authority: CertifiedKey, chain: string, key: () => Promise<string>) {
    this.#authority = authority;
    this.#chain = chain;
    this.#key = key;
  }

  async for(host: string, now: number): Promise<SecureContextOptions> {
    const key = await this.#key();
    const known = this.#cached.get(host);
    const leaf = known !== undefined && known.notAfter - now > RENEW_BEFORE_MS ? known : this.#issue(host, key, now);
    // What was asked for last stands last: the first is the one to go.
    this.#cached.delete(host);
    this.#cached.set(host, leaf);
    for (const oldest of this.#cached.keys()) {
      if (this.#cached.size <= CACHED) break;
      this.#cached.delete(oldest);
    }
    return leaf.context;
  }

  #issue(host: string, key: string, now: number): Cached {
    const { cert } = issueLeaf(this.#authority, { key, subject: SUBJECT, names: [host], now, days: LEAF_DAYS });
    return { context: { key, cert: cert + this.#chain }, notAfter: new X509Certificate(cert).validToDate.getTime() };
  }
}
