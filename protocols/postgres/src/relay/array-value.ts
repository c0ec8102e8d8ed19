import { ProtocolError } from '@sallyport/core';

type Edit = (element: Buffer) => Buffer | null | undefined;
type TypedEdit = (element: Buffer, typeOid: number) => Buffer | null | undefined;

const [QUOTE, BACKSLASH, OPEN, CLOSE, COMMA, BRACKET] = Array.from('"\\{},[', (sign) => sign.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const NULL = Buffer.from('NULL');

/**
 * Replaces elements of an array in text format: `{a,"b c",NULL}`, with `[2:3]=` before it where it
 * does not begin at 1. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 *
 * @returns undefined when no element changed.
 */
export function editArrayText(bytes: Buffer, edit: Edit): Buffer | undefined {
  const pieces: Buffer[] = [];
  let copied = 0;
  for (let at = bytes[0] === BRACKET ? bytes.indexOf(OPEN) : 0; at < bytes.length && at >= 0; ) {
    const byte = bytes[at];
    if (byte === OPEN || byte === CLOSE || byte === COMMA) {
      at += 1;
      continue;
    }
    const end = byte === QUOTE ? quotedEnd(bytes, at + 1) + 1 : bareEnd(bytes, at);
    const raw = bytes.subarray(at, end);
    const edited = raw.equals(NULL) ? undefined : edit(byte === QUOTE ? unquoted(raw) : raw);
    if (edited !== undefined) {
      pieces.push(bytes.subarray(copied, at), edited === null ? NULL : quoted(edited));
      copied = end;
    }
    at = end;
  }
  return pieces.length === 0 ? undefined : Buffer.concat([...pieces, bytes.subarray(copied)]);
}

function quotedEnd(bytes: Buffer, from: number): number {
  let at = from;
  for (; at < bytes.length && bytes[at] !== QUOTE; at += 1) if (bytes[at] === BACKSLASH) at += 1;
  return Math.min(at, bytes.length - 1);
}

function bareEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== CLOSE) at += 1;
  return at;
}

function unquoted(raw: Buffer): Buffer {
  const inner = raw.subarray(1, -1);
  return inner.includes(BACKSLASH) ? Buffer.from(inner.toString('latin1').replace(/\\(.)/gs, '$1'), 'latin1') : inner;
}

function quoted(value: Buffer): Buffer {
  return Buffer.from(`"${value.toString('latin1').replace(/["\\]/g, '\\$&')}"`, 'latin1');
}

/**
 * Replaces elements of an array in binary format:
 * `Int32 dimensions | Int32 nulls | Int32 element type | (Int32 size | Int32 first) × dimensions | (Int32 length | bytes) × n`;
 * see array_send in src/backend/utils/adt/arrayfuncs.c.
 */
export function editBinaryArray(bytes: Buffer, edit: TypedEdit): Buffer | undefined {
  if (bytes.length < 12) throw broken();
  const typeOid = bytes.readUInt32BE(8);
  const first = 12 + bytes.readInt32BE(0) * 8;
  const edited = editValues(bytes, first, 0, () => typeOid, edit);
  if (edited === undefined) return undefined;
  if (edited.nulls) edited.value.writeInt32BE(1, 4);
  return edited.value;
}

/** Replaces fields of a row in binary format: `Int32 n | (Int32 type | Int32 length | bytes) × n`; see record_send. */
export function editBinaryRecord(bytes: Buffer, edit: TypedEdit): Buffer | undefined {
  return editValues(bytes, 4, 4, (at) => bytes.readUInt32BE(at), edit)?.value;
}

/** @param lead bytes before each value's length */
function editValues(
  bytes: Buffer,
  first: number,
  lead: number,
  typeAt: (at: number) => number,
  edit: TypedEdit,
): { readonly value: Buffer; readonly nulls: boolean } | undefined {
  const pieces: Buffer[] = [];
  let copied = 0;
  let nulls = false;
  for (let at = first; at < bytes.length; ) {
    if (at < 4 || at + lead + 4 > bytes.length) throw broken();
    const length = bytes.readInt32BE(at + lead);
    const start = at + lead + 4;
    const end = start + Math.max(length, 0);
    if (length < -1 || end > bytes.length) throw broken();
    const edited = length < 0 ? undefined : edit(bytes.subarray(start, end), typeAt(at));
    if (edited !== undefined) {
      const header = Buffer.allocUnsafe(4);
      header.writeInt32BE(edited === null ? -1 : edited.length);
      pieces.push(bytes.subarray(copied, start - 4), header, edited ?? Buffer.alloc(0));
      copied = end;
      nulls ||= edited === null;
    }
    at = end;
  }
  return pieces.length === 0 ? undefined : { value: Buffer.concat([...pieces, bytes.subarray(copied)]), nulls };
}

function broken(): ProtocolError {
  return new ProtocolError('target', 'The target sent a broken array or row in binary format.');
}
