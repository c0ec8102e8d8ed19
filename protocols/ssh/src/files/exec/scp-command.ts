import { type ArgumentPath, argumentPath } from './argument-path.ts';
import type { Word } from './shell-words.ts';

/** The far side of a copy with `scp -O`, or of an scp older than OpenSSH 9. */
export interface ScpCommand {
  readonly program: 'scp';
  /** `upload`: the target is the sink. */
  readonly direction: 'upload' | 'download';
  readonly path: ArgumentPath;
  /** `path` is the directory that a pattern looks in; what it finds is named as it comes. */
  readonly pattern: boolean;
  /** The sink takes its path only if it is a directory. */
  readonly intoDirectory: boolean;
}

const FLAGS = /^-[vrpdqtf]+$/;

/** `scp [-v] [-r] [-p] [-d] [-q] -t|-f [--] PATH`; undefined for anything else. */
export function scpCommand(words: readonly Word[], home: string | undefined): ScpCommand | undefined {
  const [program, ...rest] = words;
  if (program?.bytes.toString('latin1') !== 'scp') return undefined;
  let flags = '';
  while (rest.length > 1 && FLAGS.test(latin1(rest[0]))) flags += latin1(rest.shift()).slice(1);
  if (latin1(rest[0]) === '--') rest.shift();
  else if (latin1(rest[0]).startsWith('-')) return undefined;
  const [word] = rest;
  if (word === undefined || rest.length > 1 || flags.includes('t') === flags.includes('f')) return undefined;
  const direction = flags.includes('t') ? 'upload' : 'download';
  if (!word.pattern) {
    const path = argumentPath(word, home);
    return path && { program: 'scp', direction, path, pattern: false, intoDirectory: flags.includes('d') };
  }
  const place = direction === 'download' ? placeOf(word) : undefined;
  const path = place && argumentPath(place, home);
  return path && { program: 'scp', direction, path, pattern: true, intoDirectory: false };
}

/** Where a pattern looks, if it is one in its last part only. */
function placeOf({ bytes, tilde }: Word): Word | undefined {
  const end = bytes.lastIndexOf(0x2f) + 1;
  const place = bytes.subarray(0, end);
  return /[*?[]/.test(place.toString('latin1')) ? undefined : { bytes: place, tilde, pattern: false };
}

function latin1(word: Word | undefined): string {
  return word?.bytes.toString('latin1') ?? '';
}
