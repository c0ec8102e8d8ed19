const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Replaces strings of a JSON text, keys included, by what they say and not by how they are written.
 * All other bytes stay. https://www.rfc-editor.org/rfc/rfc8259#section-7
 *
 * @param edit a string's content in UTF-8; undefined leaves it as it is.
 * @returns undefined when no string changed.
 */
export function editJson(bytes: Buffer, edit: (content: Buffer) => Buffer | undefined): Buffer | undefined {
  const pieces: Buffer[] = [];
  let copied = 0;
  for (let start = bytes.indexOf(QUOTE); start >= 0; ) {
    const end = stringEnd(bytes, start + 1);
    if (end < 0) break; // no JSON: left to be searched as it is
    const edited = edit(contentOf(bytes.subarray(start + 1, end)));
    if (edited !== undefined) {
      pieces.push(bytes.subarray(copied, start), Buffer.from(JSON.stringify(edited.toString('utf8'))));
      copied = end + 1;
    }
    start = bytes.indexOf(QUOTE, end + 1);
  }
  return pieces.length === 0 ? undefined : Buffer.concat([...pieces, bytes.subarray(copied)]);
}

function stringEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1;
    else if (bytes[at] === QUOTE) return at;
  }
  return -1;
}

function contentOf(raw: Buffer): Buffer {
  if (!raw.includes(BACKSLASH)) return raw;
  try {
    return Buffer.from(JSON.parse(`"${raw.toString('utf8')}"`) as string);
  } catch {
    return raw;
  }
}
