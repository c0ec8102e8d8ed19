/** `127.0.0.1:53312`, `[::1]:53312`, and IPv4 as a socket of IPv6 writes it. */
const LOOPBACK_CLIENT = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:127\.\d+\.\d+\.\d+\]):\d+$/i;

/** The client is on this machine: nobody on a network reads what it sends. @param client see `Host.client` */
export function isLoopbackClient(client: string): boolean {
  return LOOPBACK_CLIENT.test(client);
}
