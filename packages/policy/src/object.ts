import { anyOf, type Classification, type Glob, OBJECT_KEYS, type ObjectKey } from '@sallyport/core';
import type { Match } from './config.ts';

/** A rule's word about what a command names besides relations, taken in the two ways of {@link CompiledMatch}. */
export interface ObjectTest {
  /** Of each kind that the rule names, one is meant. */
  may(command: Classification): boolean;
  /** Of each kind that the rule names there is something, and all of it is meant. */
  surely(command: Classification): boolean;
}

/** A shell reads more than one command, or other words than stand there, where one of these is in the text. */
const SHELL_SYNTAX = /[\n\r;&|<>()`$\\'"{}~#!^]/;

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

/** What a `*` stands for in a command line must not be a second command. */
function surely(key: ObjectKey, patterns: readonly string[]): Glob {
  if (key !== 'command') return anyOf(patterns);
  const exact = new Set(patterns);
  const pattern = anyOf(patterns);
  return (text) => exact.has(text) || (!SHELL_SYNTAX.test(text) && pattern(text));
}
