import type { z } from 'zod';
import { laterKey } from './later.ts';
import type { Path, Problem } from './problem.ts';
import { nearest } from './suggestion.ts';
import type { YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** What turns a schema's findings into problems needs to know of the file. */
export interface IssueContext {
  readonly source: YamlSource;
  /** The file's plain value. */
  readonly content: unknown;
  /** Keys that the schema knows at a path. */
  readonly keysAt: (path: Path) => readonly string[];
}

/** One finding of a schema as problems that say where, what and how to mend. */
export function problemsOf(issue: Issue, context: IssueContext, under: Path = []): readonly Problem[] {
  const path = [...under, ...(issue.path as Path)];
  const { source, content } = context;
  const value = valueAt(content, path);
  const say = (message: string): readonly Problem[] => [source.problem(path, message)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => source.problem([...path, key], unknownKey([...path, key], context), 'key'));
    case 'invalid_union':
      return issue.errors.length === 0 ? say(wrongDiscriminator(path, value, context)) : ofUnion(issue.errors, value, context, path);
    case 'invalid_key':
      return [source.problem(path, `the name ${issue.issues[0]?.message ?? 'is not valid'}.`, 'key')];
    case 'invalid_type':
      return say(wrongType(issue.expected, value));
    case 'invalid_value':
      if (value === null && issue.values.includes('null')) return say('is nothing at all to YAML: write "null", in quotes.');
      return say(wrongValue(issue.values.map(String), path, value));
    case 'too_small':
      return say(issue.origin === 'array' || issue.origin === 'string' ? 'must not be empty.' : `must be at least ${issue.minimum}.`);
    case 'too_big':
      return say(issue.origin === 'string' ? `must have at most ${issue.maximum} characters.` : `must be at most ${issue.maximum}.`);
    default:
      return say(`${issue.message}${shown(path, value)}.`);
  }
}

/** Unions are a value or a list of such values: what was written says which was meant. */
function ofUnion(branches: readonly (readonly Issue[])[], value: unknown, context: IssueContext, path: Path): readonly Problem[] {
  const meant = (Array.isArray(value) ? branches.at(-1) : branches[0]) ?? [];
  return meant.flatMap((issue) => problemsOf(issue, context, path));
}

function unknownKey(path: Path, { keysAt }: IssueContext): string {
  const later = laterKey(path);
  if (later !== undefined) return `${later}.`;
  const known = keysAt(path.slice(0, -1));
  const near = nearest(String(path.at(-1)), known);
  if (near !== undefined) return `there is no such key. Did you mean ${near}?`;
  return `there is no such key. Here stand: ${known.join(', ')}.`;
}

function wrongDiscriminator(path: Path, value: unknown, { keysAt }: IssueContext): string {
  const known = keysAt(path);
  if (value === undefined) return `is missing: one of ${known.join(', ')}.`;
  const near = typeof value === 'string' ? nearest(value, known) : undefined;
  return `this release speaks ${known.join(', ')}${shown(path, value)}.${near === undefined ? '' : ` Did you mean ${near}?`}`;
}

function wrongType(expected: string, value: unknown): string {
  if (value === undefined) return 'is missing.';
  if (value === null) return 'has no value: give it one or leave the key out.';
  if (expected === 'string' && typeof value !== 'object') return 'must be text: put it in quotes.';
  if (expected === 'boolean') return 'must be true or false.';
  const words: Readonly<Record<string, string>> = {
    array: 'a list',
    object: 'a set of keys',
    record: 'a set of names',
    string: 'text',
    int: 'a whole number',
    number: 'a number',
  };
  return `must be ${words[expected] ?? expected}.`;
}

function wrongValue(allowed: readonly string[], path: Path, value: unknown): string {
  if (value === undefined) return `is missing: one of ${allowed.join(', ')}.`;
  const near = typeof value === 'string' ? nearest(value, allowed) : undefined;
  return `must be ${allowed.length === 1 ? '' : 'one of '}${allowed.join(', ')}${shown(path, value)}.${near === undefined ? '' : ` Did you mean ${near}?`}`;
}

/** The offending value, where it is short and cannot be a secret. */
function shown(path: Path, value: unknown): string {
  if (path.includes('credentials') || value === undefined || value === null || typeof value === 'object') return '';
  const text = JSON.stringify(value);
  return text.length > 60 ? '' : `, not ${text}`;
}

/** What stands at a path of the file. */
function valueAt(content: unknown, path: Path): unknown {
  let value = content;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
