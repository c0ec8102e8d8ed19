import { type Glob, glob } from '@sallyport/core';
import type { NameTest } from './name-test.ts';

/** How names and values stand together in one text. */
export interface FieldForm {
  readonly separator: ':' | '=';
  /** An `allow` asks nothing of fields whose names its patterns do not name: requests bring many headers. */
  readonly othersPass: boolean;
}

interface Field {
  readonly name: string;
  readonly value: string;
}

/** Patterns of names with values. What restricts reads both whatever their case. */
export function meantFields({ separator, othersPass }: FieldForm, patterns: readonly string[]): NameTest {
  const read = (text: string): Field => {
    const at = text.indexOf(separator);
    const value = at < 0 ? '' : text.slice(at + 1);
    return { name: at < 0 ? text : text.slice(0, at), value: separator === ':' ? value.trim() : value };
  };
  const compile = (text: string): { readonly name: Glob; readonly value: Glob } => {
    const { name, value } = read(text);
    return { name: glob(othersPass ? name.toLowerCase() : name), value: glob(value) };
  };
  const exact = patterns.map(compile);
  const folded = patterns.map((pattern) => compile(pattern.toLowerCase()));
  return {
    may: (text) => {
      const field = read(text.toLowerCase());
      return folded.some(({ name, value }) => name(field.name) && value(field.value));
    },
    surely: (texts) => {
      const fields = texts.map(read).filter((field) => !othersPass || exact.some(({ name }) => name(field.name)));
      return fields.length > 0 && fields.every((field) => exact.some(({ name, value }) => name(field.name) && value(field.value)));
    },
  };
}
