/** How long the gateway waits for either side, in milliseconds. */
export interface SshLimits {
  /** For a target to let the gateway in, from the first byte to the end of its sign-in. */
  readonly readyMs: number;
  /** Who is silent for so long is asked whether it is there. */
  readonly keepaliveMs: number;
  /** Questions that may stay without an answer. */
  readonly keepalives: number;
}

export const SSH_LIMITS: SshLimits = { readyMs: 20_000, keepaliveMs: 30_000, keepalives: 3 };

/** ssh2's names for it. */
export function keepaliveOf({ keepaliveMs, keepalives }: SshLimits): {
  readonly keepaliveInterval: number;
  readonly keepaliveCountMax: number;
} {
  return { keepaliveInterval: keepaliveMs, keepaliveCountMax: keepalives };
}

/** How long a side has been silent when it is given up, for people. */
export function patience({ keepaliveMs, keepalives }: SshLimits): string {
  return seconds(keepaliveMs * (keepalives + 1));
}

export function seconds(ms: number): string {
  return `${ms / 1_000} seconds`;
}
