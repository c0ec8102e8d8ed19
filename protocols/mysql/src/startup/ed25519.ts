import { createHash } from 'node:crypto';

// Ed25519 (RFC 8032) as MariaDB's client_ed25519 uses it: the secret is hashed whatever its length, where RFC 8032, and so
// node:crypto, takes 32 bytes. https://mariadb.com/kb/en/connection/#client_ed25519-plugin

const P = 2n ** 255n - 19n;
/** The order of the base point. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** Extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z. */
type Point = readonly [x: bigint, y: bigint, z: bigint, t: bigint];
const BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202n;
const BASE_Y = 46316835694926478169428394003475163141307993866256225615783033603165251855960n;
const BASE: Point = [BASE_X, BASE_Y, 1n, mod(BASE_X * BASE_Y)];

/** What answers a server's `nonce`: 64 bytes. */
export function ed25519Proof(password: string, nonce: Buffer): Buffer {
  const secret = sha512(Buffer.from(password));
  const key = clamped(secret.subarray(0, 32));
  const publicKey = encoded(times(BASE, key));
  const r = number(sha512(secret.subarray(32), nonce)) % L;
  const commitment = encoded(times(BASE, r));
  const challenge = number(sha512(commitment, publicKey, nonce)) % L;
  return Buffer.concat([commitment, littleEndian((r + challenge * key) % L)]);
}

function clamped(bytes: Buffer): bigint {
  const key = Buffer.from(bytes);
  key[0] = (key[0] as number) & 248;
  key[31] = ((key[31] as number) & 127) | 64;
  return number(key);
}

function times(point: Point, factor: bigint): Point {
  let sum: Point = [0n, 1n, 1n, 0n];
  let power = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(sum, power);
    power = add(power, power);
  }
  return sum;
}

function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * D * t1 * t2);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function encoded([x, y, z]: Point): Buffer {
  const inverse = power(z, P - 2n);
  const bytes = littleEndian(mod(y * inverse));
  bytes[31] = (bytes[31] as number) | (Number(mod(x * inverse) & 1n) << 7);
  return bytes;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function number(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function sha512(...parts: readonly Buffer[]): Buffer {
  return parts.reduce((sum, part) => sum.update(part), createHash('sha512')).digest();
}
