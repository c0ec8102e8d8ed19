import type { RequestTarget } from './request-target.ts';

/** A request as it will be sent. */
export interface RequestFacts {
  readonly method: string;
  readonly target: RequestTarget;
  /** Of the target: lower-case, without a port. */
  readonly host: string;
  /** Those that are sent on, without credentials; names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Of the body: Infinity where its length is not announced. */
  readonly bytes: number;
  /** The whole body, where {@link wantsBody} asked for it and it is not longer than that. */
  readonly body?: Buffer;
}

/** Which APIs a target is known to have. */
export interface KnownApis {
  /** GitHub's; absent: where the host is GitHub's. */
  readonly github?: boolean | undefined;
  /** A language model's; absent: where the host is known to be one. */
  readonly llm?: boolean | undefined;
  /** Paths at which GraphQL is spoken, globs. */
  readonly graphql: readonly string[];
}

/** All lines of a header. @param wanted in lower case */
export function valuesOfField(headers: RequestFacts['headers'], wanted: string): readonly string[] {
  const values: string[] = [];
  for (const [name, value] of headers) if (name === wanted) values.push(value.trim());
  return values;
}
