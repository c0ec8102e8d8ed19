import type { TargetOptions } from '../target-schema.ts';
import type { Upstream } from './answer.ts';
import { Http1Upstream } from './http1-upstream.ts';
import { Http2Upstream } from './http2-upstream.ts';
import type { ReachedTarget } from './reached-target.ts';

/** Servers whose connections are kept: a target of the forward proxy may stand for any number. */
const MOST_SERVERS = 512;

interface Pair {
  readonly target: ReachedTarget;
  readonly http1: Http1Upstream;
  readonly http2: Http2Upstream;
}

/** The ways to all targets. A target that a reload has changed is another target. */
export class Upstreams {
  readonly #pairs = new Map<string, Pair>();
  /** The one that stands last among them. */
  #latest: Pair | undefined;

  http1(target: ReachedTarget): Http1Upstream {
    return this.#pair(target).http1;
  }

  /** The one that an exchange goes over. @param grpc needs HTTP/2 */
  for(target: ReachedTarget, grpc: boolean): Upstream {
    const { http } = target.options as TargetOptions;
    const { http1, http2 } = this.#pair(target);
    return http === '2' || (http === 'auto' && grpc) ? http2 : http1;
  }

  close(): void {
    for (const { http1, http2 } of this.#pairs.values()) {
      http1.close();
      http2.close();
    }
    this.#pairs.clear();
    this.#latest = undefined;
  }

  #pair(target: ReachedTarget): Pair {
    // Whoever asked last asks again mostly.
    if (this.#latest?.target === target) return this.#latest;
    const key = JSON.stringify([target.name, target.host, target.port]);
    const known = this.#pairs.get(key);
    const same = known !== undefined && (known.target === target || JSON.stringify(known.target) === JSON.stringify(target));
    // Exchanges under way go on: what they belong to is ended by the gateway.
    if (known !== undefined && !same) retire(known);
    const pair = same ? { ...known, target } : { target, http1: new Http1Upstream(target), http2: new Http2Upstream(target) };
    // What was asked for last stands last: the first is the one to go.
    this.#pairs.delete(key);
    this.#pairs.set(key, pair);
    for (const [oldest, idle] of this.#pairs) {
      if (this.#pairs.size <= MOST_SERVERS) break;
      this.#pairs.delete(oldest);
      retire(idle);
    }
    this.#latest = pair;
    return pair;
  }
}

function retire({ http1, http2 }: Pair): void {
  http1.retire();
  http2.retire();
}
