import { BlockList, isIP } from 'node:net';
import { canonicalV6 } from './authority.ts';

/**
 * What an IP address leads to.
 *
 * - `public`: a server of the Internet.
 * - `private`: this machine, its networks, or none that there should be.
 * - `metadata`: what a cloud tells, with credentials, to whoever asks from a machine of it; and all that is link-local.
 * - `none`: no single server.
 */
export type AddressKind = 'public' | 'private' | 'metadata' | 'none';

/** https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-; unless the name says otherwise. */
const KINDS: readonly (readonly [AddressKind, readonly string[]])[] = [
  ['none', ['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '::/128', 'ff00::/8']],
  [
    'metadata',
    [
      '169.254.0.0/16', // AWS, Azure, Google, Oracle, OpenStack
      'fe80::/10',
      'fd00:ec2::254/128', // AWS
      'fd20:ce::254/128', // Google
      '100.100.100.200/32', // Alibaba
      '192.0.0.192/32', // Oracle
      '168.63.129.16/32', // Azure
    ],
  ],
  [
    'private',
    [
      '10.0.0.0/8',
      '100.64.0.0/10',
      '127.0.0.0/8',
      '172.16.0.0/12',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '192.168.0.0/16',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '::/96', // RFC 4291: an IPv4 address within, obsolete; and ::1
      '64:ff9b:1::/48',
      '100::/64',
      '2001::/23',
      '2001:db8::/32',
      '2002::/16', // 6to4: an IPv4 address within
      '3fff::/20',
      '5f00::/16',
      'fc00::/7',
      'fec0::/10', // RFC 3879: site-local
    ],
  ],
];

/** RFC 6052 section 2.1: behind such an address NAT64 has the IPv4 address that its last four bytes are. */
const NAT64 = /^64:ff9b::(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/;

const lists = KINDS.map(([kind, ranges]) => ({ kind, list: listOf(ranges) }));

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), network.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** @returns `none` for what is no IP address. */
export function addressKind(text: string): AddressKind {
  const address = plainAddress(text);
  if (address === undefined) return 'none';
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  return lists.find(({ list }) => list.check(address, family))?.kind ?? 'public';
}

/** The IPv4 address that an IPv6 one stands for, or the address itself. */
function plainAddress(text: string): string | undefined {
  if (isIP(text) !== 6) return isIP(text) === 4 ? text : undefined;
  const address = canonicalV6(text);
  const [, high = '0', low] = NAT64.exec(address ?? '') ?? [];
  return low === undefined ? address : canonicalV6(`::ffff:${high}:${low}`);
}
