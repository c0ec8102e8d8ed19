import { ExecError, GatewayError } from '@sallyport/core';

/** What a script can rely on. `exec` over SSH passes the remote code on instead. */
export const EXIT = { done: 0, failed: 1, usage: 2, denied: 3, unverified: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure that the person at the terminal can act on: one sentence and an exit code. */
export class CliError extends Error {
  readonly exit: ExitCode;

  constructor(message: string, exit: ExitCode = EXIT.failed, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'CliError';
    this.exit = exit;
  }
}

/** The exit code that an error stands for. */
export function exitCode(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exit;
  return error instanceof ExecError && error.denied ? EXIT.denied : EXIT.failed;
}

/** The sentence that an error is shown as. Breakage that nobody foresaw keeps its name. */
export function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const foreseen = [CliError, GatewayError, ExecError].some((kind) => error instanceof kind) || 'syscall' in error;
  return foreseen ? error.message : `${error.name}: ${error.message}`;
}
