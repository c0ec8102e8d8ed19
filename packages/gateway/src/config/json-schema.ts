import type { Protocol } from '@sallyport/core';
import { z } from 'zod';
import type { Path } from './problem.ts';
import { fileSchema } from './schema.ts';

/** The parts of JSON Schema (draft 2020-12) that the configuration uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** JSON Schema of the configuration file, for editors and `config schema`. */
export function configSchema(protocols: readonly Protocol[]): JsonSchema {
  return z.toJSONSchema(fileSchema(protocols), { io: 'input' }) as JsonSchema;
}

/**
 * Keys that may stand at a path. Where a key picks one of several shapes (`protocol` of a target)
 * and the path ends at it, the values that it may have.
 */
export function keysAt(schema: JsonSchema, path: Path): readonly string[] {
  let found: readonly JsonSchema[] = [schema];
  for (const step of path) {
    found = found.flatMap(alternatives).flatMap((one) => {
      const next = typeof step === 'number' ? one.items : (one.properties?.[step] ?? one.additionalProperties);
      return typeof next === 'object' ? [next] : [];
    });
  }
  const ends = found.flatMap(alternatives);
  return [...new Set(ends.flatMap((one) => (one.const === undefined ? Object.keys(one.properties ?? {}) : [String(one.const)])))];
}

/** The shapes that a value may have. */
function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return (schema.anyOf ?? schema.oneOf ?? [schema]).flatMap((one) => (one === schema ? [one] : alternatives(one)));
}
