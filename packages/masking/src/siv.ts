import { type Cipheriv, createCipheriv, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

const BLOCK = 16;
const ZERO = Buffer.alloc(BLOCK);
/** Above so many bytes a cipher object of one's own is cheaper. */
const LONG = 256;
/** `x^128 + x^7 + x^2 + x + 1`: {@link https://www.rfc-editor.org/rfc/rfc5297#section-2.3 RFC 5297, 2.3}. */
const REDUCTION = 0x87;

/**
 * Deterministic authenticated encryption, AES-SIV: the same bytes always give the same sealed bytes,
 * 16 longer, and nothing else opens ({@link https://www.rfc-editor.org/rfc/rfc5297 RFC 5297}). It tells who sees
 * sealed values which of them are equal, and how long they are; nothing more.
 */
export class Siv {
  readonly #cipher: BlockCipher;
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
    this.#cipher = new BlockCipher(key.subarray(half));
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
    const first = Buffer.from(iv);
    first[8] = (first[8] as number) & 0x7f;
    first[12] = (first[12] as number) & 0x7f;
    const blocks = Math.ceil(data.length / BLOCK);
    const counters = Buffer.allocUnsafe(blocks * BLOCK);
    // With the bit cleared, the last 32 bits do not overflow before 32 GiB.
    const low = first.readUInt32BE(12);
    for (let block = 0; block < blocks; block += 1) {
      first.copy(counters, block * BLOCK);
      counters.writeUInt32BE(low + block, block * BLOCK + 12);
    }
    const stream = this.#cipher.encrypt(counters);
    const result = Buffer.allocUnsafe(data.length);
    for (let index = 0; index < data.length; index += 1) result[index] = (data[index] as number) ^ (stream[index] as number);
    return result;
  }
}

/**
 * AES on single blocks. One cipher object serves for ever, since ECB without padding keeps no state;
 * a new one for each value would cost more than all the rest.
 */
class BlockCipher {
  readonly #ecb: Cipheriv;
  readonly #key: KeyObject;
  readonly #bits: number;

  constructor(key: Buffer) {
    this.#bits = key.length * 8;
    this.#key = createSecretKey(key);
    this.#ecb = createCipheriv(`aes-${this.#bits}-ecb`, this.#key, null).setAutoPadding(false);
  }

  /** @param blocks whole ones; each is encrypted by itself. */
  encrypt(blocks: Buffer): Buffer {
    return this.#ecb.update(blocks);
  }

  /** The last block under CBC with no IV. */
  chain(blocks: Buffer): Buffer {
    if (blocks.length > LONG) return createCipheriv(`aes-${this.#bits}-cbc`, this.#key, ZERO).update(blocks).subarray(-BLOCK);
    let last: Buffer = ZERO;
    for (let at = 0; at < blocks.length; at += BLOCK) last = this.encrypt(xor(last, blocks.subarray(at, at + BLOCK)));
    return last;
  }
}

/** AES-CMAC: {@link https://www.rfc-editor.org/rfc/rfc4493 RFC 4493}. */
class Cmac {
  readonly #cipher: BlockCipher;
  readonly #whole: Buffer;
  readonly #padded: Buffer;

  constructor(key: Buffer) {
    this.#cipher = new BlockCipher(key);
    this.#whole = double(this.#cipher.chain(ZERO));
    this.#padded = double(this.#whole);
  }

  of(message: Buffer): Buffer {
    const whole = message.length > 0 && message.length % BLOCK === 0;
    const body = message.length === 0 ? 0 : (Math.ceil(message.length / BLOCK) - 1) * BLOCK;
    const rest = message.subarray(body);
    const last = whole ? xor(rest, this.#whole) : xor(padded(rest), this.#padded);
    return this.#cipher.chain(Buffer.concat([message.subarray(0, body), last]));
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
