const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const NOTHING = Buffer.alloc(0);

/** One line of an event as it came. */
export interface EventLine {
  /** Without its end. */
  readonly raw: Buffer;
  /** CR, LF or CRLF; empty where the stream ended within the line. */
  readonly eol: Buffer;
  /** `data`, `event`, `id`, `retry`, or a name that nobody knows; empty for a comment. */
  readonly field: string;
  /** Behind the colon and one space. */
  readonly value: Buffer;
}

/**
 * An event of a `text/event-stream`
 * ({@link https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream HTML, server-sent events}):
 * all lines up to and with the empty one that ends it. Comments alone, and an empty line alone, count as events too.
 */
export interface ServerSentEvent {
  /** Bytes before it that belong to no line: a byte order mark, or the LF of a CRLF that was cut. */
  readonly lead: Buffer;
  /** All of its bytes without {@link lead}. */
  readonly raw: Buffer;
  readonly lines: readonly EventLine[];
  /** The empty line; no bytes where the stream ended before it came, and clients then ignore the event. */
  readonly end: Buffer;
}

/** @param raw whole lines, and the empty one behind them unless the stream ended before. */
export function readEvent(lead: Buffer, raw: Buffer): ServerSentEvent {
  const lines: EventLine[] = [];
  let at = 0;
  while (at < raw.length) {
    let end = at;
    while (end < raw.length && raw[end] !== LF && raw[end] !== CR) end += 1;
    const next = raw[end] === CR && raw[end + 1] === LF ? end + 2 : Math.min(end + 1, raw.length);
    // An empty line before the last one can only stand behind a byte order mark.
    if (end === at && next === raw.length) return { lead, raw, lines, end: raw.subarray(at) };
    lines.push(readLine(raw.subarray(at, end), raw.subarray(end, next)));
    at = next;
  }
  return { lead, raw, lines, end: NOTHING };
}

function readLine(raw: Buffer, eol: Buffer): EventLine {
  const colon = raw.indexOf(COLON);
  if (colon < 0) return { raw, eol, field: raw.toString(), value: NOTHING };
  const value = raw.subarray(raw[colon + 1] === SPACE ? colon + 2 : colon + 1);
  return { raw, eol, field: raw.toString('utf8', 0, colon), value };
}

/** The event's data, its lines joined by LF; undefined where it has none. */
export function dataOf({ lines }: ServerSentEvent): Buffer | undefined {
  const values = lines.filter(({ field }) => field === 'data').map(({ value }) => value);
  if (values.length <= 1) return values[0];
  return Buffer.concat(values.flatMap((value, index) => (index === 0 ? [value] : [Buffer.of(LF), value])));
}

/** The value of the last line of a field, as clients take it. */
export function fieldOf({ lines }: ServerSentEvent, field: string): string | undefined {
  return lines.findLast((line) => line.field === field)?.value.toString();
}

/** How the event ends its lines; LF where it does not tell. */
export function eolOf({ lines, end }: ServerSentEvent): Buffer {
  const eol = lines[0]?.eol ?? end;
  return eol.length > 0 ? eol : Buffer.of(LF);
}
