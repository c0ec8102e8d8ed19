import type { CommandClass } from '@sallyport/core';
import { endToEnd } from '../message/fields.ts';
import type { Wish } from './asking.ts';
import type { Exchange } from './exchange.ts';

/** What a request wants to do, by its head. @param classes where they are others than its method's. */
export function wishOf({ request, path, target }: Exchange, classes?: readonly CommandClass[]): Wish {
  const { method } = request;
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return {
    class: classes ?? [reads ? 'read' : 'write'],
    verbs: [method],
    relations: [],
    unfiltered: false,
    text: `${method} ${path}`,
    exact: ['http', target.name, method, path, ...endToEnd(request.fields).flat()],
  };
}
