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
  const methods = [...new Set([method, ...overrides])];
  const effects = [...new Set([...methods.flatMap((one) => effectsOf(one, request, apis)), ...upgradeOf(request)])];
  const merged = <T>(pick: (effect: Effect) => readonly T[] | undefined): readonly T[] => [
    ...new Set(effects.flatMap((one) => pick(one) ?? [])),
  ];
  const named = (key: ObjectKey, pick: (effect: Effect) => readonly string[] | undefined): NonNullable<Classification['objects']> => {
    const names = merged(pick);
    return names.length === 0 ? {} : { [key]: names };
  };
  const incomplete = merged<ObjectKey>((effect) => effect.incomplete).concat(
    target.incomplete ? ['query'] : [],
    headers.length > HEADERS ? ['headers'] : [],
  );
  const reason =
    overrides.length > 0 ? 'A header or parameter asks for another method.' : effects.find((one) => one.reason !== undefined)?.reason;
  return {
    class: merged((effect) => effect.class),
    verbs: [...new Set([...methods.map((one) => one.toUpperCase()), ...upgradeVerbs(request)])],
    relations: [],
    unfiltered: false,
    bytes,
    objects: {
      paths: target.readings,
      hosts: [host],
      headers: fieldsOf(headers),
      ...(target.parameters.length > 0 && { query: target.parameters }),
      ...named('operations', (effect) => effect.operations),
      ...named('repository', (effect) => effect.repository),
      ...named('refs', (effect) => effect.refs),
    },
    ...(incomplete.length > 0 && { incomplete }),
    ...(reason !== undefined && { reason }),
  };
}

/** What passes over a WebSocket is recorded, but not judged. */
function upgradeOf(request: RequestFacts): readonly Effect[] {
  return upgradeVerbs(request).map((verb) => ({
    class: [verb === 'WEBSOCKET' ? 'write' : 'unknown'],
    operations: [],
    reason: 'What follows an upgrade is not judged.',
  }));
}

function upgradeVerbs({ headers }: RequestFacts): readonly string[] {
  const protocols = valuesOfField(headers, 'upgrade').flatMap((value) => value.split(','));
  return [...new Set(protocols.map((one) => (one.trim().toLowerCase() === 'websocket' ? 'WEBSOCKET' : 'UPGRADE')))];
}

/** `name: value`; a name with `_` also as CGI reads it. */
function fieldsOf(headers: RequestFacts['headers']): readonly string[] {
  return headers.slice(0, HEADERS).flatMap(([name, value]) => {
    const names = new Set([name.toLowerCase(), plain(name)]);
    return [...names].map((one) => `${one}: ${value}`);
  });
}
