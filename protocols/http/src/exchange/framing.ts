import type { ClientRequest } from '../message/client-request.ts';
import { values } from '../message/fields.ts';

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;
const DIGITS = /^\d{1,16}$/;
const CONTINUE = '100-continue';
/** A name or address, and perhaps a port: RFC 3986 section 3.2 without user information. */
const AUTHORITY = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Why a request could be read in two ways: parsers have their leniences, and what follows ours may have others.
 * {@link https://www.rfc-editor.org/rfc/rfc9112#section-6.3 RFC 9112, section 6.3}
 *
 * @returns a sentence; undefined where there is nothing to object to.
 */
export function framingFault(request: ClientRequest): string | undefined {
  const { method, version, fields, target, authority } = request;
  if (version === 'other') return 'The version of HTTP is neither 1.0, 1.1 nor 2.';
  if (!METHOD.test(method)) return 'The method is no token.';
  if (method === 'TRACE' || method === 'TRACK') return `${method} is not served: it returns what signs in.`;
  const [lengths, codings, hosts] = [values(fields, 'content-length'), values(fields, 'transfer-encoding'), values(fields, 'host')];
  if (lengths.length > 1) return 'There is more than one Content-Length.';
  if (lengths.some((value) => !DIGITS.test(value))) return 'Content-Length is no number.';
  if (codings.length > 1 || codings.some((value) => value.trim().toLowerCase() !== 'chunked'))
    return 'Transfer-Encoding is something else than "chunked".';
  if (codings.length > 0 && (lengths.length > 0 || version !== '1.1'))
    return 'Transfer-Encoding does not go together with the rest of the head.';
  if (hosts.length > 1) return 'There is more than one Host.';
  if (hosts.length === 0 && authority === '' && version !== '1.0') return 'There is no Host.';
  if ((hosts.length > 0 || authority !== '') && !AUTHORITY.test(authority)) return 'Host is no name or address.';
  if (version === '2' && hosts.some((host) => host.toLowerCase() !== authority.toLowerCase())) return 'Host and :authority differ.';
  if (!target.startsWith('/')) return 'The request target is no path.';
  return undefined;
}

/** Something else is expected than RFC 9110 section 10.1.1 knows: 417. */
export function unmetExpectation({ fields }: ClientRequest): boolean {
  const expected = values(fields, 'expect');
  return expected.length > 1 || expected.some((value) => value.toLowerCase() !== CONTINUE);
}
