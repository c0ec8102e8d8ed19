import type { Classification } from '@sallyport/core';
import { type Authority, formatAuthority, parseAuthority } from './authority.ts';

const REQUEST = /^CONNECT +(\S+)(?: +HTTP\/[\d.]+)?$/;

/** What opening a tunnel does, whose bytes nobody looks into. */
export function classifyConnect(authority: Authority): Classification {
  return {
    class: ['admin'],
    verbs: ['CONNECT'],
    relations: [],
    unfiltered: false,
    objects: { addresses: [formatAuthority(authority)], hosts: [authority.host] },
    reason: 'what passes a tunnel, nobody sees',
  };
}

/** The server that a text asks a tunnel for, as somebody wrote it down: `CONNECT host:port`. */
export function connectAuthority(text: string): Authority | undefined {
  return parseAuthority(REQUEST.exec(text.trim())?.[1] ?? '');
}
