/** A request exactly as RFC 9112 has it, read by a parser that takes nothing else. */
export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

const REQUEST_LINE = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/**
 * All requests of a connection, one after the other.
 *
 * @param bytes as latin1. @returns those that are complete, and what is left.
 * @throws Error for whatever could be read in another way
 */
export function strictRequests(bytes: string): { readonly requests: readonly StrictRequest[]; readonly rest: string } {
  const requests: StrictRequest[] = [];
  let rest = bytes;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) break;
    const { body, after } = bodyOf(headOf(rest.slice(0, end)), rest.slice(end + 4));
    if (body === undefined) break;
    requests.push({ ...headOf(rest.slice(0, end)), body });
    rest = after;
  }
  return { requests, rest };
}

function headOf(head: string): Omit<StrictRequest, 'body'> {
  const [line = '', ...lines] = head.split('\r\n');
  const [, method, target] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined || target === undefined) throw new Error(`request line: ${JSON.stringify(line)}`);
  const fields = lines.map((one): readonly [string, string] => {
    const [, name, value = ''] = FIELD.exec(one) ?? [];
    if (name === undefined) throw new Error(`field line: ${JSON.stringify(one)}`);
    return [name.toLowerCase(), value];
  });
  return { method, target, fields };
}

interface Body {
  /** undefined: there is more to come. */
  readonly body: string | undefined;
  readonly after: string;
}

function bodyOf({ fields }: Omit<StrictRequest, 'body'>, rest: string): Body {
  const values = (wanted: string) => fields.filter(([name]) => name === wanted).map(([, value]) => value);
  const [lengths, codings] = [values('content-length'), values('transfer-encoding')];
  if (values('host').length !== 1) throw new Error('not one Host');
  if (lengths.length + codings.length > 1) throw new Error('framed twice');
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') throw new Error(`Transfer-Encoding: ${codings[0]}`);
    return chunkedBody(rest);
  }
  const [length = '0'] = lengths;
  if (!/^(?:0|[1-9]\d{0,15})$/.test(length)) throw new Error(`Content-Length: ${length}`);
  return rest.length < Number(length)
    ? { body: undefined, after: rest }
    : { body: rest.slice(0, Number(length)), after: rest.slice(Number(length)) };
}

function chunkedBody(text: string): Body {
  let body = '';
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return { body: undefined, after: text };
    const size = text.slice(at, end);
    if (!/^[0-9a-fA-F]{1,8}$/.test(size)) throw new Error(`chunk size: ${JSON.stringify(size)}`);
    const data = end + 2;
    const bytes = Number.parseInt(size, 16);
    if (text.length < data + bytes + 2) return { body: undefined, after: text };
    if (text.slice(data + bytes, data + bytes + 2) !== '\r\n') throw new Error('a chunk does not end where it says');
    if (bytes === 0) return { body, after: text.slice(data + 2) };
    body += text.slice(data, data + bytes);
    at = data + bytes + 2;
  }
}
