import type { Target } from '@sallyport/core';
import { credentialField } from './target-fields.ts';

/** Shorter ones would be found where they are not. */
const SHORTEST = 8;
const STAR = 0x2a;
const NOTHING = Buffer.alloc(0);
const known = new WeakMap<Target, readonly Buffer[]>();

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
  readonly #needles: readonly Buffer[];
  readonly #longest: number;
  #kept: Buffer = NOTHING;

  private constructor(needles: readonly Buffer[]) {
    this.#needles = needles;
    this.#longest = Math.max(...needles.map(({ length }) => length));
  }

  /** undefined: the gateway signs in with nothing. */
  static of(target: Target): CredentialEcho | undefined {
    const needles = known.get(target) ?? spellings(target);
    known.set(target, needles);
    return needles.length === 0 ? undefined : new CredentialEcho(needles);
  }

  /** A whole text. */
  value(text: string): string {
    const bytes = Buffer.from(text, 'latin1');
    const blanked = this.blank(bytes);
    return blanked === bytes ? text : blanked.toString('latin1');
  }

  push(chunk: Buffer): Buffer {
    const bytes = this.blank(this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]));
    const from = bytes.length - this.#begun(bytes);
    this.#kept = Buffer.from(bytes.subarray(from));
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
    for (const needle of this.#needles) {
      for (let at = blanked.indexOf(needle); at >= 0; at = blanked.indexOf(needle, at + needle.length)) {
        if (blanked === bytes) blanked = Buffer.from(bytes);
        blanked.fill(STAR, at, at + needle.length);
      }
    }
    return blanked;
  }

  /** How many bytes at the end may be the beginning of the credential. */
  #begun(bytes: Buffer): number {
    for (let length = Math.min(this.#longest - 1, bytes.length); length > 0; length -= 1) {
      const end = bytes.subarray(bytes.length - length);
      if (this.#needles.some((needle) => length < needle.length && needle.subarray(0, length).equals(end))) return length;
    }
    return 0;
  }
}
