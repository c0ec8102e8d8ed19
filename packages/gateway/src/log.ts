import { withoutTokens } from '@sallyport/core';
import { type Logger, pino } from 'pino';

export type { Logger };

/** Keys whose values never reach a log line, wherever they stand. */
const SECRET_KEYS = ['password', 'token', 'secret', 'credentials', 'authorization', 'key', 'certificate'];

/**
 * Structured lines on stderr: stdout belongs to results.
 *
 * @param level pino's: `debug`, `info`, `warn`, `error`, `silent`.
 */
export function createLog(level: string): Logger {
  const paths = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: '[redacted]' },
      hooks: { streamWrite: withoutTokens }, // whatever key it stands under
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
