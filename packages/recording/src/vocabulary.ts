import type { CommandResult } from '@sallyport/core';

/**
 * What the host notes of commands. All else that a protocol notes passes through the record
 * untouched, under its own `type`.
 */
export type CommandEvent = {
  readonly type: 'command';
  /** The ordinal within the session, from 1. */
  readonly command: number;
  readonly text: string;
  readonly class: readonly string[];
  readonly verb: string;
  readonly relations: readonly string[];
  /** What else the command names: paths, addresses, refs … */
  readonly objects?: Readonly<Record<string, readonly string[]>>;
  readonly parameters: readonly (string | null)[];
  readonly ruling: 'allow' | 'deny' | 'hold';
  /** Names of the rules that decided. */
  readonly rule: readonly string[];
  /** Rules in shadow mode, and what they would have done. */
  readonly shadow: readonly { readonly rule: string; readonly would: string }[];
  readonly approval?: string;
  /** Digest of the configuration that was in force. */
  readonly config: string;
};

/** A held command may run: an approval, or a standing grant (then without id), covers it. */
export type ReleasedEvent = {
  readonly type: 'released';
  readonly command: number;
  readonly approval?: string;
};

/** A held command never runs. */
export type RefusedEvent = {
  readonly type: 'denied' | 'expired' | 'cancelled';
  readonly command: number;
  readonly approval?: string;
  readonly reason?: string;
};

/** How a command ended, with what the recorder adds. */
export type ResultEvent = CommandResult & {
  readonly at: number;
  readonly duration_ms: number | null;
  /** SHA-256 (hex) over all result bytes recorded before this event, where only digests are kept. */
  readonly digest?: string;
};

/** Any event as stored. `at` in milliseconds since the epoch. */
export interface RecordedEvent {
  readonly type: string;
  readonly at: number;
  readonly [key: string]: unknown;
}

/**
 * What is kept of results: `full` as the client saw them, `digest` a SHA-256 of them, `none`.
 * Commands and their outcomes are always kept.
 */
export type ResultsPolicy = 'full' | 'digest' | 'none';

/** RFC 3339 in UTC, milliseconds kept. */
export function timeText(at: number): string {
  return new Date(at).toISOString();
}
