/** What stands for a value that no mask can stand for: too long, or not as text. */
export const REDACTED: Buffer = Buffer.from('[redacted]');
