import type { Classification, ObjectKey } from '@sallyport/core';
import { effectsOf, mayBeGraphql } from './api-effects.ts';
import type { Effect } from './effect.ts';
import { GRAPHQL_BYTES } from './graphql/graphql-request.ts';
import { isRead } from './method.ts';
import { methodOverrides, plain } from './override.ts';
import { type KnownApis, type RequestFacts, valuesOfField } from './request-facts.ts';

/** Requests with more headers are judged as if they had any. */
const HEADERS = 256;

/** How much of the body must be at hand before the request can be judged; 0: nothing. */
export function wantsBody({ method, target, bytes }: Pick<RequestFacts, 'method' | 'target' | 'bytes'>, apis: KnownApis): number {
  return bytes > 0 && !isRead(method) && mayBeGraphql(target, apis) ? GRAPHQL_BYTES : 0;
}

/** What a request does, as far as it shows. */
export function classifyRequest(request: RequestFacts, apis: KnownApis): Classification {
  const { method, target, host, headers, bytes } = request;
  const overrides = methodOverrides(headers, target.parameters);
  const methods = overrides.length === 0 ? [method] : [...new Set([method, ...overrides])];
  const upgrades = upgradesOf(headers);
  const effect = merged([...methods.flatMap((one) => effectsOf(one, request, apis)), ...upgrades.map(effectOfUpgrade)]);
  const incomplete: readonly ObjectKey[] = [
    ...(effect.incomplete ?? []),
    ...(target.incomplete ? (['query'] as const) : []),
    ...(headers.length > HEADERS ? (['headers'] as const) : []),
  ];
  const reason = methods.length > 1 ? 'A header or parameter asks for another method.' : effect.reason;
  return {
    class: effect.class,
    verbs: [...methods.map((one) => one.toUpperCase()), ...upgrades],
    relations: [],
    unfiltered: false,
    bytes,
    objects: {
      paths: target.readings,
      hosts: [host],
      ...(headers.length > 0 && { headers: fieldsOf(headers) }),
      ...(target.parameters.length > 0 && { query: target.parameters }),
      ...(effect.operations.length > 0 && { operations: effect.operations }),
      ...(effect.repository !== undefined && { repository: effect.repository }),
      ...(effect.refs !== undefined && { refs: effect.refs }),
    },
    ...(incomplete.length > 0 && { incomplete }),
    ...(reason !== undefined && { reason }),
  };
}

/** All that any of them says. */
function merged(effects: readonly Effect[]): Effect {
  const [first] = effects;
  if (first !== undefined && effects.length === 1) return first;
  const all = <T>(pick: (effect: Effect) => readonly T[] | undefined): readonly T[] => [
    ...new Set(effects.flatMap((one) => pick(one) ?? [])),
  ];
  const [repository, refs] = [all((one) => one.repository), all((one) => one.refs)];
  const reason = effects.find((one) => one.reason !== undefined)?.reason;
  return {
    class: all((one) => one.class),
    operations: all((one) => one.operations),
    incomplete: all((one) => one.incomplete),
    ...(repository.length > 0 && { repository }),
    ...(refs.length > 0 && { refs }),
    ...(reason !== undefined && { reason }),
  };
}

/** What passes over a WebSocket is recorded, but not judged. */
function effectOfUpgrade(verb: string): Effect {
  return { class: [verb === 'WEBSOCKET' ? 'write' : 'unknown'], operations: [], reason: 'What follows an upgrade is not judged.' };
}

function upgradesOf(headers: RequestFacts['headers']): readonly string[] {
  const values = valuesOfField(headers, 'upgrade');
  if (values.length === 0) return values;
  const protocols = values.flatMap((value) => value.split(','));
  return [...new Set(protocols.map((one) => (one.trim().toLowerCase() === 'websocket' ? 'WEBSOCKET' : 'UPGRADE')))];
}

/** `name: value`; a name with `_` also as CGI reads it. */
function fieldsOf(headers: RequestFacts['headers']): readonly string[] {
  const fields: string[] = [];
  for (const [name, value] of headers.length > HEADERS ? headers.slice(0, HEADERS) : headers) {
    fields.push(`${name}: ${value}`);
    if (name.includes('_')) fields.push(`${plain(name)}: ${value}`);
  }
  return fields;
}
