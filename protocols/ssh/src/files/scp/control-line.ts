import { ProtocolError, type Side } from '@sallyport/core';
import { pathText } from '../paths.ts';

/**
 * What a source says between contents, each up to a line feed. `C mode size name`, `D mode 0 name` … `E`,
 * `T mtime 0 atime 0`, and errors: `\1 message`, `\2 message`.
 * https://github.com/openssh/openssh-portable/blob/master/scp.c, source() and sink()
 */
export type ControlLine =
  | { readonly type: 'file'; readonly size: number; readonly name: string }
  | { readonly type: 'directory'; readonly name: string }
  | { readonly type: 'end' }
  | { readonly type: 'times' }
  /** The source could not read something. Nobody answers it. */
  | { readonly type: 'error'; readonly message: string };

/** Longer lines OpenSSH does not take. */
export const MAX_LINE_BYTES = 16 * 1024;

const ENTRY = /^([CD])[0-7]{4,5} ([0-9]{1,19}) (.+)$/s;
const TIMES = /^T[0-9]{1,20} [0-9]{1,6} [0-9]{1,20} [0-9]{1,6}$/;

/** @param line without its line feed. @throws ProtocolError for what is none of these */
export function controlLine(line: Buffer, side: Side): ControlLine {
  const text = line.toString('latin1');
  if (text.startsWith('\x01') || text.startsWith('\x02')) return { type: 'error', message: messageOf(line) };
  if (text === 'E') return { type: 'end' };
  if (TIMES.test(text)) return { type: 'times' };
  const [, type, size, name] = ENTRY.exec(text) ?? [];
  if (name === undefined) throw new ProtocolError(side, `The ${side} does not speak scp's protocol.`);
  const bytes = Buffer.from(name, 'latin1');
  if (bytes.includes(0x2f) || bytes.includes(0) || name === '.' || name === '..' || !Number.isSafeInteger(Number(size))) {
    throw new ProtocolError(side, `The ${side} sent a file name or size that scp does not allow.`);
  }
  return type === 'C' ? { type: 'file', size: Number(size), name: pathText(bytes) } : { type: 'directory', name: pathText(bytes) };
}

/** What an error says, as one line. */
export function messageOf(line: Buffer): string {
  return line.subarray(1, 1_025).toString('utf8').replace(/\s+/g, ' ').trim();
}

/** An error that the other side shows before it goes on with the next file. */
export function encodeWarning(message: string): Buffer {
  return Buffer.from(`\x01${message.replace(/[\r\n]+/g, ' ')}\n`);
}
