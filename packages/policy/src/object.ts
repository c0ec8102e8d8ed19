import { anyOf, type Classification, type Glob, glob, isPattern, OBJECT_KEYS, type ObjectKey } from '@sallyport/core';
import type { Match } from './config.ts';

/** A rule's word about what a command names besides relations, taken in the two ways of {@link CompiledMatch}. */
export interface ObjectTest {
  /** Of each kind that the rule names, one is meant. */
  may(command: Classification): boolean;
  /** Of each kind that the rule names there is something, and all of it is meant. */
  surely(command: Classification): boolean;
}

/** A shell reads more than one command, or other words than stand there, where one of these is in the text. */
const SHELL_SYNTAX = /[\p{Cc};&|<>()[\]`$\\'"{}~#!^*?]/u;
/** A path that climbs leads elsewhere than it begins. */
const CLIMBS = /(?:^|\/)\.\.(?:\/|$)/;

export function compileObjects(match: Match): ObjectTest {
  const tests = OBJECT_KEYS.flatMap((key) => {
    const patterns = match[key];
    return patterns === undefined ? [] : [{ key, may: anyOf(patterns), surely: surely(key, patterns) }];
  });
  return {
    may: ({ objects, incomplete }) => tests.every(({ key, may }) => incomplete?.includes(key) || (objects?.[key]?.some(may) ?? false)),
    surely: ({ objects, incomplete }) =>
      tests.every(({ key, surely }) => !incomplete?.includes(key) && (objects?.[key]?.length ?? 0) > 0 && objects?.[key]?.every(surely)),
  };
}

/**
 * What a pattern's `*` stands for in a command line must be what whoever wrote it thought of: a part of one word, without
 * anything that a shell gives a meaning, no option where it begins the word, and no path that climbs.
 */
function surely(key: ObjectKey, patterns: readonly string[]): Glob {
  if (key !== 'command') return anyOf(patterns);
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
