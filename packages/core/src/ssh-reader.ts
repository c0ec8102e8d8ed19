import { GatewayError } from './errors.ts';

/**
 * The data types of SSH, read one after another. https://www.rfc-editor.org/rfc/rfc4251#section-5
 *
 * @throws GatewayError ERR_PROTOCOL when the bytes end early.
 */
export class SshReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Nothing is left. */
  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** How far the reader has come, in bytes. */
  get offset(): number {
    return this.#at;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  uint64(): bigint {
    return this.#take(8).readBigUInt64BE();
  }

  /** Bytes, or a text: the same on the wire. A view, not a copy. */
  string(): Buffer {
    return this.#take(this.uint32());
  }

  text(): string {
    return this.string().toString('utf8');
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new GatewayError('ERR_PROTOCOL', 'An SSH key or certificate is cut off.');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** A `string` of SSH. */
export function sshString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
