import { GatewayError } from '@sallyport/core';
import { addressOf } from '@sallyport/identity';

/** Of one address: a pool that opens at once fits in. */
const PER_ADDRESS = 256;
const IN_ALL = 2_048;

interface Place {
  readonly network: string;
  readonly close: (error: GatewayError) => void;
}

/**
 * The connections that have not signed in yet. Where there are too many, the oldest makes room for
 * the newest: a sign-in is a matter of moments, so silent connections block nobody.
 */
export class PendingSignIns {
  /** Oldest first, as sets are. */
  readonly #all = new Set<Place>();
  readonly #byNetwork = new Map<string, Set<Place>>();

  /**
   * @param address an IPv6 client is counted by its /64.
   * @param close ends the connection when it has to make room; its place is given back already.
   * @returns gives the place back; harmless when called again.
   */
  enter(address: string, close: (error: GatewayError) => void): () => void {
    const network = addressOf(address);
    const neighbours = this.#byNetwork.get(network);
    if (neighbours !== undefined && neighbours.size >= PER_ADDRESS) this.#closeOldest(neighbours, `from ${network} `);
    else if (this.#all.size >= IN_ALL) this.#closeOldest(this.#all, '');
    const place = { network, close };
    this.#all.add(place);
    this.#byNetwork.set(network, (this.#byNetwork.get(network) ?? new Set()).add(place));
    return () => this.#leave(place);
  }

  #closeOldest(places: ReadonlySet<Place>, from: string): void {
    const [oldest] = places;
    if (oldest === undefined) return;
    this.#leave(oldest);
    oldest.close(new GatewayError('ERR_LIMIT', `Too many connections ${from}had not signed in, and this was the oldest. Connect again.`));
  }

  #leave(place: Place): void {
    this.#all.delete(place);
    const neighbours = this.#byNetwork.get(place.network);
    if (neighbours?.delete(place) && neighbours.size === 0) this.#byNetwork.delete(place.network);
  }
}
