import { GatewayError } from '@sallyport/core';

/**
 * ERR_LOGIN although the secret was right: its token has ended, is used up, or is good for something
 * else. Whoever knows the secret is not guessing it.
 */
export class ProvenRefusal extends GatewayError {
  constructor(message: string) {
    super('ERR_LOGIN', message);
    this.name = 'ProvenRefusal';
  }
}
