import { GatewayError } from '@sallyport/core';

/** A moment by which all of several waits have to be over. */
export class Deadline {
  readonly #timer: NodeJS.Timeout;
  readonly #over: Promise<never>;

  constructor(seconds: number) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#timer = setTimeout(() => reject(new GatewayError('ERR_LIMIT', `the target did not answer within ${seconds} s`)), seconds * 1000);
    this.#over = promise;
    promise.catch(() => undefined);
  }

  /** @throws GatewayError when the moment comes first. */
  async before<T>(wait: Promise<T>): Promise<T> {
    wait.catch(() => undefined);
    return await Promise.race([wait, this.#over]);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
