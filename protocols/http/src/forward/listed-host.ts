/** The port of HTTPS: what an entry of `hosts` means that names none. */
const DEFAULT_PORT = 443;

/** One entry of a target's `hosts`. */
export interface ListedHost {
  /** A name in lower case, `*.example.com`, `*`, or an IPv4 address. */
  readonly host: string;
  readonly port: number;
}

/** `api.github.com`, `*.example.com:8443` */
export function listedHost(text: string): ListedHost {
  const [host = '', port] = text.toLowerCase().split(':');
  return { host, port: port === undefined ? DEFAULT_PORT : Number(port) };
}
