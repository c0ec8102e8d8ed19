import type { TextMask } from '@sallyport/core';
import { runsBehind } from './named-runs.ts';

/** What is known of a member's name. */
export interface Name {
  /** Its last bytes, once its escapes are read. */
  readonly ending: Buffer;
  /** As masked places know it. */
  readonly text: string;
  /** Something may be found in the name itself. */
  readonly mayHold: boolean;
  /** The rule that hides what stands behind such a name, as behind `client_secret`; undefined: none does. */
  readonly secret: string | undefined;
}

/** Drawn at random: found where its name says that it is a secret. */
const SAMPLE = Buffer.from('x7Kq9ZtP2mWv4LrB');
/** No rule's name is longer, in bytes: what is kept of a longer one is equal to none. */
export const LONGEST_NAME = 1024;
/** How much of a name may tell what its value is, in bytes. */
export const LONGEST_ENDING = 128;
const LONGEST_KEPT = 64;
const SLOTS = 512;

interface Kept {
  readonly bytes: Buffer;
  readonly name: Name;
}

/** By mask: documents, and the events of a stream, use the same names over and over. */
const SHARED = new WeakMap<TextMask, Names>();

/** Names of members. */
export class Names {
  readonly #mask: TextMask | undefined;
  readonly #kept: (Kept | undefined)[] = [];

  /** Those of all documents that the mask looks through. */
  static for(mask: TextMask | undefined): Names {
    if (mask === undefined) return new Names(undefined);
    const names = SHARED.get(mask) ?? new Names(mask);
    SHARED.set(mask, names);
    return names;
  }

  private constructor(mask: TextMask | undefined) {
    this.#mask = mask;
  }

  /** The name that stands at `[start, end)`, which has no escapes. */
  of(bytes: Buffer, start: number, end: number): Name {
    if (end - start > LONGEST_KEPT) return this.make(bytes.subarray(start, end), bytes.subarray(start, end));
    let hash = end - start;
    for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 9)) & (SLOTS - 1);
    const known = this.#kept[slot];
    if (known !== undefined && isAt(known.bytes, bytes, start, end)) return known.name;
    const own = Buffer.from(bytes.subarray(start, end));
    const name = this.make(own, own);
    this.#kept[slot] = { bytes: own, name };
    return name;
  }

  /** @param head its first bytes, {@link LONGEST_NAME} and one at least. @param tail its last ones. */
  make(head: Buffer, tail: Buffer): Name {
    const ending = Buffer.from(tail.subarray(Math.max(0, tail.length - LONGEST_ENDING)));
    return {
      ending,
      text: head.toString('utf8', 0, LONGEST_NAME + 1),
      mayHold: this.#mask?.mayFind(head, 0, head.length) === true,
      secret: this.#mask && secretOf(this.#mask, ending),
    };
  }
}

function secretOf(mask: TextMask, ending: Buffer): string | undefined {
  const before = Buffer.concat([Buffer.from('"'), ending, Buffer.from('":"')]);
  const all = Buffer.concat([before, SAMPLE]);
  if (!mask.mayFind(all, 0, all.length)) return undefined;
  return runsBehind(mask, before, SAMPLE).find(({ hit }) => hit !== undefined)?.hit?.rule;
}

function isAt(name: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index += 1) if (name[index] !== bytes[start + index]) return false;
  return true;
}
