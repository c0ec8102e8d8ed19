import type { Target } from '@sallyport/core';
import { type Arrival, Listener } from './listener.ts';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i;

/** A target with its secrets, and where clients reach it. */
export interface ServedTarget {
  readonly listen: string;
  readonly target: Target;
}

/** The ports of the configuration that is in force. */
export class Listeners {
  readonly #open = new Map<string, Listener>();
  readonly #closing = new Set<Promise<void>>();
  #targets: readonly ServedTarget[] = [];
  readonly #serve: (arrival: Arrival, listener: string) => Promise<void>;
  readonly #failed: (error: unknown, client: string) => void;

  constructor(serve: (arrival: Arrival, listener: string) => Promise<void>, failed: (error: unknown, client: string) => void) {
    this.#serve = serve;
    this.#failed = failed;
  }

  /** The targets that a client of this address may choose from. */
  at(listener: string): readonly Target[] {
    return this.#targets.filter(({ listen }) => listen === listener).map(({ target }) => target);
  }

  /** Every address that is listened at. */
  addresses(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** A target as the configuration in force has it. */
  target(name: string): Target | undefined {
    return this.#targets.find(({ target }) => target.name === name)?.target;
  }

  /** The target that stands at an address: a tunnel to it leads through its own protocol. */
  targetAt(host: string, port: number): Target | undefined {
    const name = host.toLowerCase();
    const same = (other: string): boolean => other.toLowerCase() === name || (LOOPBACK.test(other) && LOOPBACK.test(name));
    return this.#targets.find(({ target }) => target.port === port && same(target.host))?.target;
  }

  /**
   * Opens what is new and closes what is gone; live sessions stay.
   * @throws GatewayError ERR_CONFIG when an address cannot be had: everything stays as it was.
   */
  async apply(targets: readonly ServedTarget[]): Promise<void> {
    const wanted = new Set(targets.map(({ listen }) => listen));
    const opened: Listener[] = [];
    try {
      for (const address of wanted) {
        if (this.#open.has(address)) continue;
        const listener = new Listener(address, (arrival) => this.#serve(arrival, address), this.#failed);
        await listener.listen();
        opened.push(listener);
      }
    } catch (error) {
      for (const listener of opened) listener.stop();
      throw error;
    }
    for (const listener of opened) this.#open.set(listener.address, listener);
    this.#targets = targets;
    for (const [address, listener] of this.#open) if (!wanted.has(address)) this.#close(address, listener);
  }

  /** Takes no more clients. Resolves when the last session has ended. */
  async close(): Promise<void> {
    for (const [address, listener] of this.#open) this.#close(address, listener);
    await Promise.all(this.#closing);
  }

  #close(address: string, listener: Listener): void {
    this.#open.delete(address);
    listener.stop();
    const ended = listener.ended().finally(() => this.#closing.delete(ended));
    this.#closing.add(ended);
  }
}
