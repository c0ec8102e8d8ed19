import type { Command } from './command.ts';
import type { GatewayError } from './errors.ts';
import type { Side } from './frame.ts';
import type { Column, ContentMasks, FieldMasks, Mask, TextMask } from './mask.ts';
import type { Hold, Ruling } from './ruling.ts';

/** How a command ended, as far as the target said. */
export interface CommandResult {
  readonly type: 'result';
  /** The ordinal that the ruling gave. */
  readonly command: number;
  readonly state: 'completed' | 'failed' | 'unknown';
  readonly rows: number;
  /** Bytes of result data as the client saw them. */
  readonly bytes: number;
  readonly error?: { readonly code: string; readonly message: string };
  /** How a program ended: its exit status, or the name of the signal that ended it, without `SIG`. */
  readonly exit?: number | string;
  /** The status code of an answer of HTTP. */
  readonly status?: number;
  /** Masked values by masking rule. */
  readonly masked?: Readonly<Record<string, number>>;
}

/**
 * A structured fact about a session. Open by design: every protocol adds its own `type`s. Values
 * must be recordable, since masks are the protocol's duty before it notes anything.
 */
export type SessionEvent = CommandResult | { readonly type: string; readonly [key: string]: unknown };

/** What a protocol asks while a session lives. One per session. */
export interface Gate {
  /**
   * Judges and records a command. The decision is synchronous: a relay that has classified a
   * command learns at once whether to forward, substitute or wait.
   */
  command(command: Command): Ruling | Hold;
  /** undefined: this identity sees the column's cells verbatim. */
  maskFor(column: Column): Mask | undefined;
  /** The mask for values whose origin is unknown while protected data is in reach. */
  readonly protectedMask: Mask;
  /** True when no masking rule on columns can concern this session: no catalogue is needed. */
  readonly unmasked: boolean;
  /** Masks what is sensitive by its form; undefined: no such rule concerns this session. */
  readonly textMask: TextMask | undefined;
  /** Masks what stands at certain places of a document; undefined: no such rule concerns this session. */
  readonly fieldMasks: FieldMasks | undefined;
  /** The masks of rules with `requests: true`: for what goes to the target. */
  readonly requestMasks: ContentMasks;
  /**
   * The text is a mask or carries one: a marker, a hash or a token. Written back it would replace
   * the value that it stands for, so refuse that.
   */
  isMask(text: string): boolean;
  /** Records a fact. Never waits; see {@link ready}. */
  note(event: SessionEvent): void;
  /** Records wire bytes: from `client` as they were sent, from `target` as the client sees them. Whoever calls may use their memory again. */
  record(from: Side, data: Buffer): void;
  /** Keyed HMAC-SHA256 (hex) over length-prefixed parts; the key never leaves the gateway. */
  fingerprint(...parts: readonly (Buffer | string)[]): string;
  /** What was noted so far is durable (undefined), or will be. Rejects when it cannot be. */
  durable(): Promise<void> | undefined;
  /** The recorder can take more (undefined), or will be able to. Rejects when it never will. */
  ready(): Promise<void> | undefined;
}

/** Why a session ended; absent error means that both sides closed in peace. */
export interface SessionEnd {
  readonly error?: GatewayError;
  /** Bytes read from each side, the opaque ones (forwarded without being understood) and frames decoded. */
  readonly clientBytes: number;
  readonly targetBytes: number;
  readonly clientFrames: number;
  readonly targetFrames: number;
  readonly opaqueBytes: number;
}
