import { withoutTokens } from '@sallyport/core';
import { type Logger, pino } from 'pino';

export type { Logger };

/** Keys whose values never reach a log line, wherever they stand. */
const SECRET_KEYS = ['password', 'token', 'secret', 'credentials', 'authorization', 'key', 'certificate'];

/** Lines that wait for whoever reads them, in characters. */
const MOST_WAITING = 1 << 20;

/**
 * Structured lines on stderr: stdout belongs to results. Nobody waits for who reads them: a terminal that is stopped with
 * Ctrl-S, or a collector that hangs, must not stop sessions. What it does not take in time is lost, and the log says how much.
 *
 * @param level pino's: `debug`, `info`, `warn`, `error`, `silent`.
 */
export function createLog(level: string): Logger {
  const paths = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
  const destination = pino.destination({ fd: 2, sync: false, maxLength: MOST_WAITING });
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: '[redacted]' },
      hooks: { streamWrite: withoutTokens }, // whatever key it stands under
    },
    destination,
  );
  let lost = 0;
  destination.on('drop', () => {
    lost += 1;
  });
  destination.on('drain', () => {
    if (lost === 0) return;
    const lines = lost;
    lost = 0;
    log.warn({ lines }, 'Lines of this log were lost: nobody read them in time.');
  });
  return log;
}
