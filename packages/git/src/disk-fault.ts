import { GatewayError } from '@sallyport/core';

const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);
/** What git says of the same, in the C locale. */
const FULL_WORDS = /No space left on device|Disk quota exceeded/;

/** The disk on which pushes wait does not take them: nothing is wrong with the push. */
function diskFault(what: string, mend: string, cause: unknown): GatewayError {
  const message = `The push could not be looked at, and nothing of it was pushed: ${what}. ${mend}, then push again.`;
  return new GatewayError('ERR_CONFIG', message, { cause });
}

function fullDisk(cause: unknown): GatewayError {
  return diskFault("the disk of the gateway's data_dir is full", 'Free space there', cause);
}

/** An error of the file system as a sentence; any other is what it is. */
export function asDiskFault(cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (FULL.has(code)) return fullDisk(cause);
  if (code === undefined || syscall === undefined || cause instanceof GatewayError) return cause;
  return diskFault(`the gateway cannot write to its data_dir (${code})`, 'Check the disk and its rights there', cause);
}

/** @throws GatewayError where a run of git ended since there was no room. @param errors what it wrote to standard error */
export function demandRoom(errors: string): void {
  if (FULL_WORDS.test(errors)) throw fullDisk(new Error(errors));
}
