/** What a `Content-Type` says: {@link https://www.rfc-editor.org/rfc/rfc9110#section-8.3 RFC 9110, section 8.3}. */
export interface MediaType {
  /** `application/json`, in lower case; empty where it is none. */
  readonly essence: string;
  /** By name in lower case; the first of a name counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const ESSENCE = /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+$/;
const PARAMETER = /\s*;\s*(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s";]*)))?/y;

/** Reads a media type. Parameters that are none end it. */
export function mediaTypeOf(text: string): MediaType {
  const end = text.indexOf(';');
  const essence = (end < 0 ? text : text.slice(0, end)).trim().toLowerCase();
  return { essence: ESSENCE.test(essence) ? essence : '', parameters: parametersOf(end < 0 ? '' : text.slice(end)) };
}

/** What stands behind a value, `; name=value; name="value"`: of a `Content-Type` or a `Content-Disposition`. */
export function parametersOf(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (PARAMETER.lastIndex = 0; PARAMETER.lastIndex < text.length; ) {
    const found = PARAMETER.exec(text);
    if (found === null) break;
    const [, name, quoted, plain = ''] = found;
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    if (name !== undefined && !parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
  }
  return parameters;
}
