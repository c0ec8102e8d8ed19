import { connect } from 'node:net';
import { type Target, tolerateErrors } from '@sallyport/core';
import { decodeGreeting, type Greeting } from '../codec/handshake.ts';
import { PacketReader } from './packet-reader.ts';

/** How long a client waits for its greeting because the target is slow with its own. */
const LOOK_MS = 3_000;
const MAX_GREETING_BYTES = 4_096;

/** What a target's greeting tells of it, whoever signs in there. */
export type TargetProfile = Pick<Greeting, 'serverVersion' | 'capabilities' | 'collation' | 'status'>;

/** A target that nobody could ask yet: the client signs in all the same, to read why it is not there. */
const UNKNOWN: TargetProfile = { serverVersion: '8.0.0-sallyport', capabilities: 0xffffffff, collation: 45, status: 2 };

/**
 * Targets' greetings. A client is greeted before it says who it is, and drivers go by the version that they read: so
 * it is the target's own, learned from the last login there, or from a look when the first client comes.
 */
export class TargetProfiles {
  readonly #known = new Map<string, TargetProfile>();
  readonly #looks = new Map<string, Promise<TargetProfile>>();

  learn({ host, port }: Target, greeting: TargetProfile): void {
    this.#known.set(`${host}:${port}`, greeting);
  }

  async of(target: Target): Promise<TargetProfile> {
    const key = `${target.host}:${target.port}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const look = this.#looks.get(key) ?? lookAt(target).finally(() => this.#looks.delete(key));
    this.#looks.set(key, look);
    try {
      const profile = await look;
      this.learn(target, profile);
      return profile;
    } catch {
      return UNKNOWN;
    }
  }
}

/** Reads the greeting and hangs up. One look serves all who wait: servers count connections that end so. */
async function lookAt({ host, port }: Target): Promise<TargetProfile> {
  const socket = connect({ host, port });
  tolerateErrors(socket);
  try {
    const { payload } = await new PacketReader(socket, 'target', AbortSignal.timeout(LOOK_MS)).packet(MAX_GREETING_BYTES);
    return decodeGreeting(payload);
  } finally {
    socket.destroy();
  }
}
