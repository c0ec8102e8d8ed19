import { createCipheriv, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

const BLOCK = 16;
const ZERO = Buffer.alloc(BLOCK);
/** `x^128 + x^7 + x^2 + x + 1`: {@link https://www.rfc-editor.org/rfc/rfc5297#section-2.3 RFC 5297, 2.3}. */
const REDUCTION = 0x87;

/**
 * Deterministic authenticated encryption, AES-SIV: the same bytes always give the same sealed bytes,
 * 16 longer, and nothing else opens ({@link https://www.rfc-editor.org/rfc/rfc5297 RFC 5297}). It tells who sees
 * sealed values which of them are equal, and how long they are; nothing more.
 */
export class Siv {
  readonly #encryption: KeyObject;
  readonly #cipher: string;
  readonly #mac: Cmac;
  /** S2V's first step is the same for all messages. */
  readonly #start: Buffer;

  /**
   * @param key 64 bytes for AES-256, 32 for AES-128.
   * @param associated bound to every sealed message, and in none of them.
   */
  constructor(key: Buffer, ...associated: readonly Buffer[]) {
    if (key.length !== 64 && key.length !== 32) throw new RangeError('AES-SIV needs a key of 64 or 32 bytes');
    const half = key.length / 2;
    this.#mac = new Cmac(key.subarray(0, half));
    this.#encryption = createSecretKey(key.subarray(half));
    this.#cipher = `aes-${half * 8}-ctr`;
    this.#start = associated.reduce((sum, data) => xor(double(sum), this.#mac.of(data)), this.#mac.of(ZERO));
  }

  seal(plaintext: Buffer): Buffer {
    const iv = this.#s2v(plaintext);
    return Buffer.concat([iv, this.#counter(iv, plaintext)]);
  }

  /** @returns undefined for what this key did not seal. */
  open(sealed: Buffer): Buffer | undefined {
    if (sealed.length < BLOCK) return undefined;
    const iv = sealed.subarray(0, BLOCK);
    const plaintext = this.#counter(iv, sealed.subarray(BLOCK));
    return timingSafeEqual(iv, this.#s2v(plaintext)) ? plaintext : undefined;
  }

  /** {@link https://www.rfc-editor.org/rfc/rfc5297#section-2.4 RFC 5297, 2.4}: the synthetic IV. */
  #s2v(plaintext: Buffer): Buffer {
    if (plaintext.length < BLOCK) return this.#mac.of(xor(double(this.#start), padded(plaintext)));
    const message = Buffer.from(plaintext);
    const end = message.length - BLOCK;
    for (let index = 0; index < BLOCK; index += 1) message[end + index] = (message[end + index] as number) ^ (this.#start[index] as number);
    return this.#mac.of(message);
  }

  /** AES in counter mode, with two bits of the IV cleared: {@link https://www.rfc-editor.org/rfc/rfc5297#section-2.5 RFC 5297, 2.5}. */
  #counter(iv: Buffer, data: Buffer): Buffer {
    const counter = Buffer.from(iv);
    counter[8] = (counter[8] as number) & 0x7f;
    counter[12] = (counter[12] as number) & 0x7f;
    const cipher = createCipheriv(this.#cipher, this.#encryption, counter);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  }
}

/** AES-CMAC: {@link https://www.rfc-editor.org/rfc/rfc4493 RFC 4493}. */
class Cmac {
  readonly #key: KeyObject;
  readonly #cipher: string;
  readonly #whole: Buffer;
  readonly #padded: Buffer;

  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
    this.#cipher = `aes-${key.length * 8}-cbc`;
    this.#whole = double(this.#lastBlock(ZERO));
    this.#padded = double(this.#whole);
  }

  of(message: Buffer): Buffer {
    const whole = message.length > 0 && message.length % BLOCK === 0;
    const body = message.length === 0 ? 0 : (Math.ceil(message.length / BLOCK) - 1) * BLOCK;
    const rest = message.subarray(body);
    const last = whole ? xor(rest, this.#whole) : xor(padded(rest), this.#padded);
    return this.#lastBlock(Buffer.concat([message.subarray(0, body), last]));
  }

  /** CBC-MAC: the last block of the message under CBC with no IV. */
  #lastBlock(blocks: Buffer): Buffer {
    const cipher = createCipheriv(this.#cipher, this.#key, ZERO).setAutoPadding(false);
    return cipher.update(blocks).subarray(-BLOCK);
  }
}

function padded(block: Buffer): Buffer {
  const full = Buffer.alloc(BLOCK);
  block.copy(full);
  full[block.length] = 0x80;
  return full;
}

function double(block: Buffer): Buffer {
  const doubled = Buffer.alloc(BLOCK);
  for (let index = 0; index < BLOCK; index += 1) {
    doubled[index] = ((block[index] as number) << 1) | ((block[index + 1] ?? 0) >> 7);
  }
  if ((block[0] as number) >= 0x80) doubled[BLOCK - 1] = (doubled[BLOCK - 1] as number) ^ REDUCTION;
  return doubled;
}

function xor(left: Buffer, right: Buffer): Buffer {
  const result = Buffer.alloc(BLOCK);
  for (let index = 0; index < BLOCK; index += 1) result[index] = (left[index] as number) ^ (right[index] as number);
  return result;
}
