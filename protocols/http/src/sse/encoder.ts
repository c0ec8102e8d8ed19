import { dataOf, type EventLine, type ServerSentEvent } from './event.ts';

const LINE_ENDS = /\r\n|\r|\n/;

/** An event as servers write it. @param data no CR or LF. */
export function encodeEvent(event: { readonly name?: string | undefined; readonly data: string }, eol = '\n'): Buffer {
  const name = event.name === undefined ? '' : `event: ${event.name}${eol}`;
  return Buffer.from(`${name}data: ${event.data}${eol}${eol}`);
}

/**
 * An event with other data, other lines, or both. What does not change keeps its bytes, and the others the way their lines were written.
 *
 * @param data undefined: as it is.
 * @param other what a line that is no data becomes; undefined: as it is.
 */
export function rewritten(event: ServerSentEvent, data: Buffer | undefined, other: (line: Buffer) => Buffer | undefined): Buffer {
  const parts: Buffer[] = [];
  let changed = false;
  const values = data === undefined || data.equals(dataOf(event) ?? data) ? undefined : data.toString('latin1').split(LINE_ENDS);
  let left = event.lines.filter(({ field }) => field === 'data').length;
  for (const line of event.lines) {
    if (line.field === 'data') {
      left -= 1;
      if (values === undefined) parts.push(line.raw, line.eol);
      else parts.push(...dataLines(line, left === 0 ? values.splice(0) : values.splice(0, 1)));
      continue;
    }
    const shown = other(line.raw);
    if (shown !== undefined) changed = true;
    parts.push(shown === undefined ? line.raw : oneLine(shown), line.eol);
  }
  return changed || values !== undefined ? Buffer.concat([...parts, event.end]) : event.raw;
}

/** @param values as many lines as shall stand here, in latin1 so that every byte stays. */
function dataLines({ raw, eol, value }: EventLine, values: readonly string[]): Buffer[] {
  const prefix = raw.subarray(0, raw.length - value.length).toString('latin1') || 'data';
  const start = /:/.test(prefix) ? prefix : `${prefix}: `;
  return values.flatMap((text, index) => {
    const spaced = start.endsWith(' ') || !text.startsWith(' ') ? start : `${start} `;
    // A line that was cut by the stream's end has none; those before it need one.
    const end = eol.length > 0 || index === values.length - 1 ? eol : Buffer.from('\n');
    return [Buffer.from(spaced + text, 'latin1'), end];
  });
}

/** A mask never brings a line of its own. */
function oneLine(bytes: Buffer): Buffer {
  return bytes.includes(0x0a) || bytes.includes(0x0d) ? Buffer.from(bytes.toString('latin1').replaceAll(/[\r\n]+/g, ' '), 'latin1') : bytes;
}
