import { type Glob, glob, isPattern } from '@sallyport/core';

/** A shell reads more than one command, or other words than stand there, where one of these is in the text. */
const SHELL_SYNTAX = /[\p{Cc};&|<>()[\]`$\\'"{}~#!^*?]/u;
/** A path that climbs leads elsewhere than it begins. */
const CLIMBS = /(?:^|\/)\.\.(?:\/|$)/;

/**
 * What a pattern's `*` stands for in a command line must be what whoever wrote it thought of: a part of one word, without
 * anything that a shell gives a meaning, no option where it begins the word, and no path that climbs.
 */
export function meantLine(patterns: readonly string[]): Glob {
  const exact = new Set(patterns);
  const lines = patterns.map((pattern) => pattern.split(' ').map(word));
  return (text) => exact.has(text) || (!SHELL_SYNTAX.test(text) && lines.some((words) => meant(words, text.split(' '))));
}

function meant(words: readonly Glob[], said: readonly string[]): boolean {
  return words.length === said.length && words.every((matches, at) => matches(said[at] ?? ''));
}

function word(pattern: string): Glob {
  const matches = glob(pattern);
  if (!isPattern(pattern)) return matches;
  const mayBeOption = pattern.startsWith('-');
  return (text) => matches(text) && !CLIMBS.test(text) && (mayBeOption || !text.startsWith('-'));
}
