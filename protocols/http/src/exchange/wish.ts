import { classifyRequest, wantsBody } from '../classify/classify-request.ts';
import { shownTarget } from '../classify/request-target.ts';
import { hostOf } from '../classify/request-text.ts';
import { endToEnd, type Fields, field, flat } from '../message/fields.ts';
import { originOf } from '../upstream/http1-upstream.ts';
import type { Wish } from './asking.ts';
import type { Exchange } from './exchange.ts';
import { credentialField } from './target-fields.ts';

/**
 * What a request wants to do.
 *
 * @param fields as they go to the target; what signs in there serves for no rule.
 * @param body the whole of it, where {@link bodyWanted} asked for it and got it.
 */
export function wishOf({ request, requested, target, options, visit, connection }: Exchange, fields: Fields, body?: Buffer): Wish {
  const { method, length = Number.POSITIVE_INFINITY } = request;
  const signsIn = credentialField(target)?.[0];
  const headers = fields.filter(([name]) => name !== 'host' && name !== 'content-length' && name !== signsIn);
  const host = hostOf(field(fields, 'host') ?? target.host);
  const facts = { method, target: requested, host, headers, bytes: length, ...(body !== undefined && { body }) };
  return {
    ...classifyRequest(facts, options),
    // A target of the forward proxy is many servers: what is approved for one is not for the others.
    text: `${method} ${connection.through === undefined ? '' : originOf(target)}${shownTarget(requested)}`,
    exact: [
      'http',
      target.name,
      originOf(target),
      method,
      requested.path,
      requested.query,
      ...flat(lasting(endToEnd(request.fields), visit.tokenHeader)),
    ],
  };
}

/** Differ each time the same thing is asked, and change nothing of it. What signs in stands for the identity, which is bound besides. */
const PASSING: ReadonlySet<string> = new Set([
  ...['authorization', 'user-agent', 'date', 'traceparent', 'tracestate', 'baggage', 'b3', 'x-request-id', 'x-correlation-id'],
  ...['x-amzn-trace-id', 'idempotency-key', 'accept-encoding', 'priority', 'content-length'],
]);
const PASSING_FAMILIES = /^(?:x-b3-|x-stainless-|sec-(?!websocket-protocol))/;

function lasting(fields: Fields, tokenHeader: string): Fields {
  return fields.filter(([name]) => name !== tokenHeader && !PASSING.has(name) && !PASSING_FAMILIES.test(name));
}

/** How much of a request's body must be seen before it can be judged; 0: nothing, or there is more than would be looked at. */
export function bodyWanted({ request, requested, options }: Exchange): number {
  const { method, length = Number.POSITIVE_INFINITY } = request;
  const wanted = wantsBody({ method, target: requested, bytes: length }, options);
  return request.length === undefined || length <= wanted ? wanted : 0;
}
