const VALUES = new Int8Array(257).fill(-1);
for (const [value, digits] of Array.from('0123456789abcdef', (digit, value) => [value, digit + digit.toUpperCase()] as const))
  for (const digit of Buffer.from(digits)) VALUES[digit] = value;

/** What so many hexadecimal digits stand for, two or four of them; -1 where one is none. */
export function hexAt(bytes: Buffer, at: number, length: number): number {
  let value = 0;
  for (let index = at; index < at + length; index += 1) {
    const digit = VALUES[bytes[index] ?? 256] as number;
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}
