import { GatewayError } from '@sallyport/core';

/** A step into the file's structure: a key or the place in a list. */
export type Path = readonly (string | number)[];

/** One thing that is wrong, or suspicious, in a configuration file. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** `rules[2].action`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and how to mend it. Never holds a secret. */
  readonly message: string;
}

/** A configuration that cannot be used, with everything that is wrong in it. */
export class ConfigError extends GatewayError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: { readonly cause?: unknown }) {
    super('ERR_CONFIG', problems.map(formatProblem).join('\n'), options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** `sallyport.yaml:12:5: rules[2].action: must be …` */
export function formatProblem({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}

/** `['rules', 2, 'action']` → `rules[2].action`; keys that are no plain words are quoted. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z0-9_-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
