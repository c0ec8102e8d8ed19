import { anyOf, type CommandClass, type Glob } from '@sallyport/core';
import { llmApi } from '../llm/api.ts';
import type { Effect } from './effect.ts';
import { isGithub } from './github/github-host.ts';
import { mutationEffect } from './github/mutations.ts';
import { restEffect } from './github/rest.ts';
import { readGraphql } from './graphql/graphql-request.ts';
import { isLanguageModel } from './language-model-host.ts';
import { classOfMethod } from './method.ts';
import { type KnownApis, type RequestFacts, valuesOfField } from './request-facts.ts';
import type { RequestTarget } from './request-target.ts';

/** Root fields of a request that are named and recorded; rules judge one with more as if it had any. */
const OPERATIONS = 100;

/** A mutation is more than its method says, and a query less: of a path that may lead there or not, both count. */
export function effectsOf(method: string, request: RequestFacts, apis: KnownApis): readonly Effect[] {
  const { target, host } = request;
  const github = apis.github ?? isGithub(host);
  const graphql = mayBeGraphql(target, apis) ? [graphqlEffect(method, request, github)] : [];
  if (graphql.length > 0 && target.readings.every(globsOf(apis).surely)) return graphql;
  const llm = apis.llm ?? isLanguageModel(host);
  return [...graphql, ...target.readings.map((path) => (github ? restEffect(method, path) : plainEffect(method, path, llm)))];
}

/**
 * A call of a language model reads, where the host is one. Elsewhere such a path may be anything: what is asked is named for
 * rules, and writes.
 */
function plainEffect(method: string, path: string, known: boolean): Effect {
  const api = llmApi(method, path);
  if (api === undefined) return { class: [classOfMethod(method)], operations: [] };
  return { class: known ? ['read'] : [classOfMethod(method)], operations: [`llm:${api}`] };
}

/** GraphQL is spoken at some reading of the path, whatever its case. */
export function mayBeGraphql({ readings }: RequestTarget, apis: KnownApis): boolean {
  const { may } = globsOf(apis);
  return readings.some((path) => may(path.toLowerCase().replace(/(?<=.)\/+$/, '')));
}

interface Globs {
  readonly surely: Glob;
  readonly may: Glob;
}

/** By a target's options, which are one object for as long as they hold. */
const known = new WeakMap<KnownApis, Globs>();

function globsOf(apis: KnownApis): Globs {
  let globs = known.get(apis);
  if (globs === undefined) {
    globs = { surely: anyOf(apis.graphql), may: anyOf(apis.graphql.map((path) => path.toLowerCase())) };
    known.set(apis, globs);
  }
  return globs;
}

function graphqlEffect(method: string, { target, headers, bytes, body }: RequestFacts, github: boolean): Effect {
  if (method !== 'POST' && method !== 'GET' && method !== 'HEAD')
    return { class: [classOfMethod(method)], operations: [], incomplete: ['operations'] };
  const coded = valuesOfField(headers, 'content-encoding').some((coding) => coding.toLowerCase() !== 'identity');
  const whole = coded ? undefined : (body ?? (bytes === 0 ? Buffer.alloc(0) : undefined));
  const asked = readGraphql({ parameters: target.parameters, contentTypes: valuesOfField(headers, 'content-type'), body: whole });
  if (typeof asked === 'string') {
    const effect: Effect = { class: ['unknown'], operations: [], incomplete: ['operations'], reason: asked };
    return github ? mutationEffect([], effect) : effect;
  }
  const classes = asked.flatMap(({ kinds }) => kinds.map((kind): CommandClass => (kind === 'mutation' ? 'write' : 'read')));
  const operations = [...new Set(asked.flatMap(({ fields }) => fields.map((field) => `graphql:${field}`)))];
  const effect: Effect = {
    class: [...new Set(classes)],
    operations: operations.slice(0, OPERATIONS),
    ...(operations.length > OPERATIONS && { incomplete: ['operations'] }),
  };
  return github ? mutationEffect(asked, effect) : effect;
}
