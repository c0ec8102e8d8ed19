import type { GatewayError, Session } from '@sallyport/core';
import type { ClientChannel, ServerChannel } from 'ssh2';
import type { ChannelWriter } from './carry.ts';
import type { Conversation, TargetConnection } from './conversation.ts';
import type { StandardInput } from './standard-input.ts';

/** A program that may run: what each way of running one needs. */
export interface Running {
  readonly gate: Session;
  /** The ruling's ordinal. */
  readonly command: number;
  /** Its number in the record. */
  readonly channel: number;
  readonly client: ServerChannel;
  /** To the client's stdout and stderr. */
  readonly writer: ChannelWriter;
  readonly input: StandardInput;
  readonly conversation: Conversation;
  readonly connection: TargetConnection;
  /** Aborted when the client has closed the channel, or the connection is over. */
  readonly left: AbortSignal;
  /** Its output is no text, but a conversation between programs: never masked. */
  readonly binary: boolean;
  /** Columns of the client's terminal, where it has one. */
  readonly columns: number | undefined;
  /** Starts it at the target. */
  start(): Promise<ClientChannel>;
  /** A line of the gateway's own. */
  say(text: string): void;
}

/** How a program has ended. */
export interface Outcome {
  /** Bytes that the client got. */
  readonly bytes: number;
  /** undefined: nobody knows. */
  readonly exit: ExitStatus | undefined;
  /** Masked values by rule. */
  readonly masked?: Readonly<Record<string, number>>;
  readonly error?: GatewayError;
}

export interface ExitStatus {
  readonly code: number | undefined;
  /** Without `SIG`. */
  readonly signal: string | undefined;
  readonly dumped: boolean;
  readonly description: string;
}

/** Follows how a target's program ends; listen at once. */
export function exitOf(target: ClientChannel): { readonly closed: Promise<void>; status(): ExitStatus | undefined } {
  let status: ExitStatus | undefined;
  const closed = Promise.withResolvers<void>();
  target.on('exit', (code: number | null, signal?: string, dumped?: boolean, description?: string) => {
    status = { code: code ?? undefined, signal: signal?.replace(/^SIG/, ''), dumped: dumped ?? false, description: description ?? '' };
  });
  target.once('close', () => closed.resolve());
  return { closed: closed.promise, status: () => status };
}
