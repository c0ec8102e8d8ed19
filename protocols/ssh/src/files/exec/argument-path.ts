import { pathText, resolvePath } from '../paths.ts';
import type { Word } from './shell-words.ts';

/** Stands for a start directory that is not known. */
const UNKNOWN_HOME = '/~';

/** A path that a command line names. */
export interface ArgumentPath {
  /** Resolved; `~/…` where the start directory counts and is not known. */
  readonly path: string;
  /** `exists`: it can only name a directory that is there. `slash`: it ends with a slash, and may name one that is yet to be made. */
  readonly directory: 'exists' | 'slash' | undefined;
  /** What it stands for is known: it does not hang on a start directory that is not. */
  readonly certain: boolean;
}

/**
 * A path as the program opens it.
 *
 * @param home where commands start on the target; undefined where nobody has asked it.
 * @returns undefined where the shell's own rules decide: `~other`.
 */
export function argumentPath({ bytes, tilde }: Word, home: string | undefined): ArgumentPath | undefined {
  const text = pathText(bytes);
  if (tilde && text !== '~' && !text.startsWith('~/')) return undefined;
  const path = tilde ? `./${text.slice(2)}` : text;
  const resolved = resolvePath(path, home ?? UNKNOWN_HOME);
  const certain = path.startsWith('/') || home !== undefined;
  if (!certain && resolved !== UNKNOWN_HOME && !resolved.startsWith(`${UNKNOWN_HOME}/`)) return undefined;
  return { path: certain ? resolved : resolved.slice(1), directory: directoryOf(path), certain };
}

function directoryOf(path: string): ArgumentPath['directory'] {
  if (/(^|\/)\.{1,2}\/*$|^\/*$/.test(path)) return 'exists';
  return path.endsWith('/') ? 'slash' : undefined;
}
