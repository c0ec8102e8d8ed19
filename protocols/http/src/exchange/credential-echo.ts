import type { Target } from '@sallyport/core';
import { credentialField } from './target-fields.ts';

/** Shorter ones would be found where they are not. */
const SHORTEST = 8;
const STAR = 0x2a;
const NOTHING = Buffer.alloc(0);

/** What is searched for, as bytes and as texts of latin1. */
interface Needles {
  readonly bytes: readonly Buffer[];
  readonly texts: readonly string[];
  readonly shortest: number;
  readonly longest: number;
}

const known = new WeakMap<Target, Needles | undefined>();

function needlesOf(target: Target): Needles | undefined {
  if (known.has(target)) return known.get(target);
  const bytes = spellings(target);
  const lengths = bytes.map(({ length }) => length);
  const texts = bytes.map((each) => each.toString('latin1'));
  const needles = bytes.length === 0 ? undefined : { bytes, texts, shortest: Math.min(...lengths), longest: Math.max(...lengths) };
  known.set(target, needles);
  return needles;
}

/** The ways in which a target could show what the gateway signed in with. */
function spellings({ credentials }: Target): readonly Buffer[] {
  const { password, token } = credentials;
  const secret = token ?? password;
  if (secret === undefined) return [];
  const [, field = ''] = credentialField({ credentials } as Target) ?? [];
  const texts = [
    secret,
    field.replace(/^Basic /, ''),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    encodeURIComponent(secret),
  ];
  return [...new Set(texts)].filter((text) => text.length >= SHORTEST).map((text) => Buffer.from(text));
}

/**
 * Blanks the target's credential where the target repeats it, as services do that show what they were asked. As long as it
 * was, so that nothing else of the answer changes.
 */
export class CredentialEcho {
  readonly #needles: Needles;
  #kept: Buffer = NOTHING;

  private constructor(needles: Needles) {
    this.#needles = needles;
  }

  /** undefined: the gateway signs in with nothing. */
  static of(target: Target): CredentialEcho | undefined {
    const needles = needlesOf(target);
    return needles === undefined ? undefined : new CredentialEcho(needles);
  }

  /** A whole text. */
  value(text: string): string {
    const { texts, shortest } = this.#needles;
    if (text.length < shortest || !texts.some((needle) => text.includes(needle))) return text;
    return this.blank(Buffer.from(text, 'latin1')).toString('latin1');
  }

  push(chunk: Buffer): Buffer {
    const bytes = this.blank(this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]));
    const from = bytes.length - this.#begun(bytes);
    this.#kept = from === bytes.length ? NOTHING : Buffer.from(bytes.subarray(from));
    return bytes.subarray(0, from);
  }

  flush(): Buffer {
    const rest = this.#kept;
    this.#kept = NOTHING;
    return rest;
  }

  /** The bytes themselves where there is nothing to blank. */
  blank(bytes: Buffer): Buffer {
    let blanked = bytes;
    for (const needle of this.#needles.bytes) {
      for (let at = blanked.indexOf(needle); at >= 0; at = blanked.indexOf(needle, at + needle.length)) {
        if (blanked === bytes) blanked = Buffer.from(bytes);
        blanked.fill(STAR, at, at + needle.length);
      }
    }
    return blanked;
  }

  /** How many bytes at the end may be the beginning of the credential. */
  #begun(bytes: Buffer): number {
    for (let from = Math.max(0, bytes.length - this.#needles.longest + 1); from < bytes.length; from += 1) {
      if (this.#needles.bytes.some((needle) => beginsAt(bytes, from, needle))) return bytes.length - from;
    }
    return 0;
  }
}

/** The bytes from there to the end are the beginning of the needle, and not all of it. Byte by byte: a view would cost more. */
function beginsAt(bytes: Buffer, from: number, needle: Buffer): boolean {
  const length = bytes.length - from;
  if (length >= needle.length) return false;
  for (let at = 0; at < length; at += 1) if (bytes[from + at] !== needle[at]) return false;
  return true;
}
