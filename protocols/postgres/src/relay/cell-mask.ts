import type { Mask } from '@sallyport/core';
import type { CellKind } from './cell-kind.ts';

/**
 * A masked cell in its column's own type and format, so that no driver stumbles over it.
 * Texts, json and xml hold the masked text, a hashed uuid is a uuid made of the hash; every other
 * type has no room for a mask and becomes NULL.
 *
 * @param bytes the cell as the target sent it; not NULL.
 */
export function maskCell(mask: Mask, kind: CellKind, binary: boolean, bytes: Buffer): Buffer | null {
  switch (kind) {
    case 'text':
      return made(mask.apply(bytes.toString('utf8')), (text) => text);
    case 'xml':
      return made(mask.apply(bytes.toString('utf8')), escapeXml);
    case 'json':
      return made(mask.apply(bytes.toString('utf8')), JSON.stringify);
    case 'jsonb':
      return made(mask.apply(bytes.toString('utf8', binary ? 1 : 0)), (text) => `${binary ? JSONB_VERSION : ''}${JSON.stringify(text)}`);
    case 'uuid':
      return mask.method === 'hash' ? hashedUuid(mask.apply(uuidText(bytes, binary)), binary) : null;
    default:
      return null;
  }
}

/** The byte that leads jsonb's binary format. */
const JSONB_VERSION = '\x01';

function made(masked: string | null, form: (text: string) => string): Buffer | null {
  return masked === null ? null : Buffer.from(form(masked));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function uuidText(bytes: Buffer, binary: boolean): string {
  return binary ? withHyphens(bytes.toString('hex')) : bytes.toString('latin1');
}

/** The hash's 128 bits as a custom uuid: version 8 (RFC 9562). Equal values stay equal. */
function hashedUuid(hash: string | null, binary: boolean): Buffer | null {
  const bytes = Buffer.from(hash?.replace(/^h_/, '') ?? '', 'base64url');
  if (bytes.length !== 16) return null;
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return binary ? bytes : Buffer.from(withHyphens(bytes.toString('hex')));
}

function withHyphens(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
