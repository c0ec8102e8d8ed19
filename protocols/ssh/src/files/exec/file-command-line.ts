import type { Classification } from '@sallyport/core';
import { classificationOf, type FileVerb } from '../file-command.ts';
import type { ArgumentPath } from './argument-path.ts';
import { type RsyncCommand, rsyncCommand } from './rsync-command.ts';
import { type ScpCommand, scpCommand } from './scp-command.ts';
import { shellWords } from './shell-words.ts';

/** A command line that moves files in a protocol the gateway reads. */
export type FileCommandLine = ScpCommand | RsyncCommand;

const UNCERTAIN = 'A path counts from the directory that commands start in, which is not known here.';

/**
 * Understands the command lines that scp and rsync send to the other side.
 *
 * @param exec the exact bytes.
 * @param home where commands start on the target; undefined where it has not been asked.
 * @returns undefined for every other command line, which then is judged as what it is.
 */
export function fileCommandLine(exec: Buffer, home?: string): FileCommandLine | undefined {
  const words = shellWords(exec);
  return words && (scpCommand(words, home) ?? rsyncCommand(words, home));
}

/** It names a path that counts from a directory nobody has asked for. */
export function isUncertain(line: FileCommandLine): boolean {
  return !pathsOf(line).every(({ certain }) => certain);
}

/** What such a command line does, for rules. */
export function classifyFileCommand(line: FileCommandLine): Classification {
  const paths = pathsOf(line);
  const verbs: FileVerb[] = [line.direction === 'upload' ? 'UPLOAD' : 'DOWNLOAD'];
  if (line.program === 'rsync' && line.removes) verbs.push('REMOVE');
  const classification = classificationOf(
    verbs,
    paths.map(({ path }) => path),
  );
  if (!isUncertain(line)) return classification;
  return { ...classification, class: [...classification.class, 'unknown'], reason: UNCERTAIN };
}

function pathsOf(line: FileCommandLine): readonly ArgumentPath[] {
  return line.program === 'scp' ? [line.path] : line.paths;
}
