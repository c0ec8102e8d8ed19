import type { Classification } from '@sallyport/core';
import { type GitCall, parseGitCall, repositoryName } from '@sallyport/git';
import { classifyFileCommand, type FileCommandLine } from '../files/exec/file-command-line.ts';

/** What a channel is asked for besides a command line. Each is off until a rule names it or its class. */
export const CHANNEL_VERBS = {
  shell: 'SHELL',
  sftp: 'SFTP',
  subsystem: 'SUBSYSTEM',
  forward: 'FORWARD',
  listen: 'LISTEN',
  agent: 'AGENT',
  x11: 'X11',
} as const;

/** Programs that run what they read, where nothing on their command line says what. */
const READS_PROGRAM =
  /^(?:\/\S+\/)?(?:ba|da|z|k|fi)?sh(?:\s+-[a-z]*s[a-z]*)?$|^(?:\/\S+\/)?(?:python[0-9.]*|perl|ruby|node|php)(?:\s+-)?$|^(?:\/\S+\/)?(?:psql|mysql|mariadb|sqlite3)(?:\s|$)/;

/**
 * What a command line does, which only the shell that reads it can tell: it counts as writing, whatever it is. Rules see
 * its exact text.
 *
 * @param files the text understood as one of scp's or rsync's, where it is run as such.
 */
export function classifyCommandLine(text: string, files?: FileCommandLine): Classification {
  if (files !== undefined) {
    const classification = classifyFileCommand(files);
    return { ...classification, objects: { command: [text], ...classification.objects } };
  }
  const git = parseGitCall(text);
  if (git !== undefined) return classifyGitCall(text, git);
  return {
    class: ['write'],
    verbs: ['EXEC'],
    relations: [],
    unfiltered: false,
    objects: { command: [text] },
    reason: 'What a command line does cannot be told from its text.',
  };
}

/**
 * A call of git and nothing else: to see refs and fetch what they lead to is reading, and a push begins with the same;
 * what it changes is judged ref by ref when it comes.
 */
function classifyGitCall(text: string, { service, path }: GitCall): Classification {
  const repository = repositoryName(path);
  return {
    class: repository === undefined ? ['unknown'] : ['read'],
    verbs: [service === 'receive-pack' ? 'GIT PUSH' : 'GIT FETCH'],
    relations: [],
    unfiltered: false,
    objects: { command: [text], ...(repository !== undefined && { repository: [repository] }) },
  };
}

/** A shell, a subsystem or a tunnel. */
export function classifyChannel(verb: (typeof CHANNEL_VERBS)[keyof typeof CHANNEL_VERBS], addresses?: readonly string[]): Classification {
  return {
    class: ['admin'],
    verbs: [verb],
    relations: [],
    unfiltered: false,
    ...(addresses !== undefined && { objects: { addresses } }),
  };
}

/** Whether a command runs a program that it reads from standard input: who approves the text alone has not seen that. */
export function readsProgram(text: string): boolean {
  return READS_PROGRAM.test(text.trim());
}
