import { type Refusal, type RequestPath, readPath } from './request-path.ts';
import { type RequestQuery, readQuery } from './request-query.ts';

/** The target of a request line or `:path`: RFC 9112 section 3.2.1 and, for OPTIONS, 3.2.4. */
export type RequestTarget = RequestPath & RequestQuery;

/** Parameters whose values sign somebody in, or vouch for the URL itself. */
const SECRET =
  /^(?:(?:.*[_-])?(?:token|secret|password|passwd|pwd|signature|credential)|api_?key|key|auth|authorization|sig|jwt|code|ticket|session(?:_?id)?)$/i;

/** Path and query for the record and for who approves: without the values of parameters that look like secrets. */
export function shownTarget({ path, query }: RequestTarget): string {
  if (query === '') return path;
  return path + query.replace(/([?&;])([^=&;]*)=[^&;]+/g, (whole, mark, name) => (SECRET.test(name) ? `${mark}${name}=[redacted]` : whole));
}

/** @param raw origin-form or `*`. What is sent is `path` and `query`, and nothing else. */
export function readTarget(raw: string): RequestTarget | Refusal {
  const at = raw.indexOf('?');
  const path = raw === '*' ? { path: raw, readings: [raw] } : readPath(at < 0 ? raw : raw.slice(0, at));
  if ('refused' in path) return path;
  const query = readQuery(at < 0 ? undefined : raw.slice(at + 1));
  return 'refused' in query ? query : { ...path, ...query };
}
