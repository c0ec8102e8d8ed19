import type { Target } from '@sallyport/core';
import type { TargetOptions } from '../target-schema.ts';
import type { Upstream } from './answer.ts';
import { Http1Upstream } from './http1-upstream.ts';
import { Http2Upstream } from './http2-upstream.ts';

interface Pair {
  readonly target: Target;
  readonly http1: Http1Upstream;
  readonly http2: Http2Upstream;
}

/** The ways to all targets. A target that a reload has changed is another target. */
export class Upstreams {
  readonly #pairs = new Map<string, Pair>();

  http1(target: Target): Http1Upstream {
    return this.#pair(target).http1;
  }

  /** The one that an exchange goes over. @param grpc needs HTTP/2 */
  for(target: Target, grpc: boolean): Upstream {
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
  }

  #pair(target: Target): Pair {
    const known = this.#pairs.get(target.name);
    if (known?.target === target) return known;
    const same = known !== undefined && JSON.stringify(known.target) === JSON.stringify(target);
    const pair = same ? { ...known, target } : { target, http1: new Http1Upstream(target), http2: new Http2Upstream(target) };
    // Exchanges under way go on: what they belong to is ended by the gateway.
    this.#pairs.set(target.name, pair);
    return pair;
  }
}
