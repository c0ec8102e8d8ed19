import { anyOf, type Classification, type Glob, OBJECT_KEYS, type ObjectKey } from '@sallyport/core';
import { meantLine } from './command-line.ts';
import type { Match } from './config.ts';
import { type FieldForm, meantFields } from './field.ts';
import type { NameTest } from './name-test.ts';

/** A rule's word about what a command names besides relations, taken in the two ways of {@link CompiledMatch}. */
export interface ObjectTest {
  /** Of each kind that the rule names, one is meant. */
  may(command: Classification): boolean;
  /** Of each kind that the rule names there is something, and all of it is meant. */
  surely(command: Classification): boolean;
}

const HEADER: FieldForm = { separator: ':', othersPass: true };
const PARAMETER: FieldForm = { separator: '=', othersPass: false };

export function compileObjects(match: Match): ObjectTest {
  const tests = OBJECT_KEYS.flatMap((key) => {
    const patterns = match[key];
    return patterns === undefined ? [] : [{ key, ...compileNames(key, patterns) }];
  });
  return {
    may: ({ objects, incomplete }) => tests.every(({ key, may }) => incomplete?.includes(key) || (objects?.[key]?.some(may) ?? false)),
    surely: ({ objects, incomplete }) =>
      tests.every(({ key, surely }) => {
        const names = objects?.[key] ?? [];
        return !incomplete?.includes(key) && names.length > 0 && surely(names);
      }),
  };
}

function compileNames(key: ObjectKey, patterns: readonly string[]): NameTest {
  switch (key) {
    case 'command': {
      const meant = meantLine(patterns);
      return { may: anyOf(patterns), surely: (lines) => lines.every(meant) };
    }
    case 'headers':
      return meantFields(HEADER, patterns);
    case 'query':
      return meantFields(PARAMETER, patterns);
    case 'paths':
      return { may: anyCase(patterns, withoutEnd), surely: everyOf(patterns) };
    case 'addresses':
    case 'repository':
    case 'refs':
    case 'findings':
    case 'hosts':
    case 'operations':
      return { may: anyCase(patterns), surely: everyOf(patterns) };
  }
}

function everyOf(patterns: readonly string[]): NameTest['surely'] {
  const meant = anyOf(patterns);
  return (names) => names.every(meant);
}

/**
 * Many servers take a name for the same whatever its case, so what restricts does too.
 *
 * @param also gives a second form of the name that counts as well.
 */
function anyCase(patterns: readonly string[], also?: (name: string) => string): Glob {
  const meant = anyOf(patterns.map((pattern) => pattern.toLowerCase()));
  return (name) => {
    const folded = name.toLowerCase();
    return meant(folded) || (also !== undefined && meant(also(folded)));
  };
}

/** `/a/` is `/a` to many servers. */
function withoutEnd(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
