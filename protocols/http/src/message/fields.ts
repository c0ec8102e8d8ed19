/** A field line, its name in lower case. */
export type Line = readonly [name: string, value: string];
/**
 * Field lines in order. Several lines of one name stay apart: Set-Cookie cannot be joined.
 * {@link https://www.rfc-editor.org/rfc/rfc9110#section-5 RFC 9110, section 5}
 */
export type Fields = readonly Line[];

/** Of this connection only, and never passed on: {@link https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 RFC 9110, section 7.6.1}. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);
/** Fields that no `Connection` can take away: what frames, routes and signs in a request is not for a client to strip. */
const UNTOUCHABLE: ReadonlySet<string> = new Set(['host', 'content-length', 'content-type', 'content-encoding', 'authorization', 'cookie']);

const NONE: string[] = [];

/** From Node's flat list of names and values. */
export function fieldsOf(raw: readonly string[]): Fields {
  const fields: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) fields.push([(raw[at] as string).toLowerCase(), raw[at + 1] as string]);
  return fields;
}

/** The flat list that Node.js and undici write. */
export function flat(fields: Fields): string[] {
  const raw: string[] = [];
  for (const line of fields) raw.push(line[0], line[1]);
  return raw;
}

/** The first line's value. @param name in lower case */
export function field(fields: Fields, name: string): string | undefined {
  for (const line of fields) if (line[0] === name) return line[1];
  return undefined;
}

/** The values of all lines of a name. @param name in lower case */
export function values(fields: Fields, name: string): readonly string[] {
  let found: string[] = NONE;
  for (const line of fields) {
    if (line[0] !== name) continue;
    if (found === NONE) found = [];
    found.push(line[1]);
  }
  return found;
}

/** All values of a name that lists them: `a, b` and two lines are the same. Lower case, without spaces around. */
export function listed(fields: Fields, name: string): readonly string[] {
  const lines = values(fields, name);
  if (lines.length === 0) return lines;
  return lines.flatMap((line) => line.split(',').map((part) => part.trim().toLowerCase())).filter((part) => part !== '');
}

export function without(fields: Fields, ...names: readonly string[]): Fields {
  return fields.filter(([name]) => !names.includes(name));
}

/** What clients and the gateway say to each other. */
const OF_GATEWAY = 'sallyport-';

/** What may be passed on: neither the connection's own fields nor those that `Connection` names, nor what is the gateway's. */
export function endToEnd(fields: Fields): Fields {
  const named = listed(fields, 'connection');
  return fields.filter(
    ([name]) =>
      !HOP_BY_HOP.has(name) && !(named.length > 0 && named.includes(name) && !UNTOUCHABLE.has(name)) && !name.startsWith(OF_GATEWAY),
  );
}
