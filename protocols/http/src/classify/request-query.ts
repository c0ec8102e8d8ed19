import type { Refusal } from './request-path.ts';

/** What stands behind the `?`, as it is sent, and as rules see it. */
export interface RequestQuery {
  /** With the `?`; empty where there is none. */
  readonly query: string;
  /** `name=value`, decoded as forms are (WHATWG URL section 5.1); a `=` within a name stays escaped. */
  readonly parameters: readonly string[];
  /** Servers may read further parameters, or others: it has too many, or escapes that are none. */
  readonly incomplete: boolean;
}

const QUERY_BYTES = 16_384;
const PARAMETERS = 256;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;
/** ASP reads these too; a lone `%` is a text to some and an error to others. */
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** @param raw what stands behind the first `?` of a request's target; undefined where there is none. */
export function readQuery(raw: string | undefined): RequestQuery | Refusal {
  if (raw === undefined) return { query: '', parameters: [], incomplete: false };
  if (raw.length > QUERY_BYTES) return { status: 414, refused: `The query is longer than ${QUERY_BYTES} bytes.` };
  if (!VISIBLE_ASCII.test(raw))
    return { status: 400, refused: 'The query holds a space, a control character or a byte above ASCII: escape it with "%".' };
  if (raw.includes('#')) return { status: 400, refused: 'The query holds "#", which begins a fragment and is never sent: write "%23".' };
  // Where ";" stands, some servers take it for "&": both readings count.
  const parts = [...new Set([raw, ...(raw.includes(';') ? [raw.replaceAll(';', '&')] : [])].flatMap((text) => text.split('&')))];
  const read = parts.slice(0, PARAMETERS).flatMap((part) => (part === '' ? [] : [readParameter(part)]));
  return {
    query: `?${raw}`,
    parameters: read.flatMap((parameter) => parameter ?? []),
    incomplete: parts.length > PARAMETERS || BROKEN_ESCAPE.test(raw) || read.includes(undefined),
  };
}

/** @returns undefined where its escapes are no UTF-8. */
function readParameter(part: string): string | undefined {
  const at = part.indexOf('=');
  const name = decodeForm(at < 0 ? part : part.slice(0, at));
  const value = decodeForm(at < 0 ? '' : part.slice(at + 1));
  return name === undefined || value === undefined ? undefined : `${name.replaceAll('=', '%3D')}=${value}`;
}

function decodeForm(text: string): string | undefined {
  try {
    return text.replaceAll('+', ' ').replace(ESCAPES, decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** The values of a parameter, whatever the case of its name. @param name in lower case */
export function valuesOf(parameters: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (const parameter of parameters) {
    if (parameter[name.length] === '=' && parameter.slice(0, name.length).toLowerCase() === name)
      values.push(parameter.slice(name.length + 1));
  }
  return values;
}
