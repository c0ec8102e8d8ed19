import { isIP } from 'node:net';

/** What a request names as its server: a name in lower case without a final dot, or an IP address in its shortest form, and a port. */
export interface Authority {
  readonly host: string;
  readonly port: number;
}

const FORM = /^(?:\[([0-9a-f.]*:[0-9a-f:.]*)\]|([a-z0-9_.-]+))(?::(\d{1,5}))?$/i;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;
/** What system resolvers take for a number, and so for an address: `127.1`, `2130706433`, `0x7f.1`. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;
const NAME_LENGTH = 253;
const LABEL_LENGTH = 63;

/**
 * `host:port`, the form that CONNECT has (https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6), and a Host field.
 *
 * Each server has one spelling only, so that what is compared is what is dialled: addresses that are written as numbers
 * or octal are none, and an IPv4 address within an IPv6 one is that IPv4 address.
 *
 * @param defaultPort of a text that names none; without it, such a text is no authority.
 * @returns undefined for what is no authority: user names, escapes and zones have no place here.
 */
export function parseAuthority(text: string, defaultPort?: number): Authority | undefined {
  const [, v6, name, digits] = FORM.exec(text) ?? [];
  const host = canonicalHost(v6 ?? name ?? '');
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

/** The one spelling of a name or an address without brackets; undefined where there is none. */
export function canonicalHost(text: string): string | undefined {
  return text.includes(':') ? canonicalV6(text) : canonicalName(text.toLowerCase());
}

/** `api.github.com:443`, `[2001:db8::7]:443` */
export function formatAuthority({ host, port }: Authority): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An IPv4 address that is written as an IPv6 one, or the address in its shortest form. @param address an IPv6 address */
export function canonicalV6(address: string): string | undefined {
  if (isIP(address) !== 6 || address.includes('%')) return undefined;
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = MAPPED.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const [one, two] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [one >> 8, one & 0xff, two >> 8, two & 0xff].join('.');
}

function canonicalName(text: string): string | undefined {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  const labels = name.split('.');
  if (name.length > NAME_LENGTH || labels.some((label) => label.length > LABEL_LENGTH || !LABEL.test(label))) return undefined;
  // https://url.spec.whatwg.org/#ends-in-a-number-checker
  return NUMBER.test(labels.at(-1) as string) && isIP(name) !== 4 ? undefined : name;
}
