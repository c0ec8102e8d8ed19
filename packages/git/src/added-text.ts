/** What a new version of a file adds. */
export interface AddedText {
  /** The lines that the old version has not, in order. Of binary contents: all of them. */
  readonly text: Buffer;
  /** 0 for binary contents. */
  readonly lines: number;
}

/** How far git itself looks for a zero byte before it calls contents binary. */
const LOOK = 8000;

/**
 * Lines that are in `fresh` more often than in `old`. It is no shortest edit: a line that only
 * moved is not added.
 */
export function addedText(fresh: Buffer, old: Buffer | undefined): AddedText {
  if (fresh.subarray(0, LOOK).includes(0)) return { text: fresh, lines: 0 };
  const known = new Map<string, number>();
  if (old !== undefined) for (const line of lines(old)) known.set(line, (known.get(line) ?? 0) + 1);
  const added: string[] = [];
  for (const line of lines(fresh)) {
    const left = known.get(line) ?? 0;
    if (left > 0) known.set(line, left - 1);
    else added.push(line);
  }
  return { text: Buffer.from(added.join(''), 'latin1'), lines: added.length };
}

/** With their line feeds. latin1 keeps every byte as it is. */
function lines(bytes: Buffer): readonly string[] {
  return bytes.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
