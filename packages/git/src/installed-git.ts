import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CheckResult } from '@sallyport/core';

const WAIT_MS = 5_000;
/** The first with repositories of SHA-256. */
const NEEDED = [2, 29] as const;

/** Whether this machine has the git that pushes are judged with, for `Protocol.inspect`. */
export async function checkGit(): Promise<CheckResult> {
  const said = await promisify(execFile)('git', ['--version'], { timeout: WAIT_MS, env: { ...process.env } }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const [version, major, minor] = /(\d+)\.(\d+)(?:\.\d+)*/.exec(said) ?? [];
  const enough = Number(major) > NEEDED[0] || (Number(major) === NEEDED[0] && Number(minor) >= NEEDED[1]);
  if (enough) return { check: 'git', level: 'ok', message: `Pushes are judged with git ${version}.` };
  return {
    check: 'git',
    level: 'warning',
    message: `Pushes are judged with git on the gateway's machine, which has ${version === undefined ? 'none: every push is refused' : `only ${version}`}.`,
    mend: `install git ${NEEDED.join('.')} or newer there; nothing is needed where nobody pushes`,
  };
}
