import { classifyRequest, wantsBody } from '../classify/classify-request.ts';
import { shownTarget } from '../classify/request-target.ts';
import { hostOf } from '../classify/request-text.ts';
import { endToEnd, type Fields, field, without } from '../message/fields.ts';
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
  const headers = without(fields, 'host', 'content-length', credentialField(target)?.[0] ?? '');
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
      ...lasting(without(endToEnd(request.fields), visit.tokenHeader)).flat(),
    ],
  };
}

/** Differ each time the same thing is asked, and change nothing of it. What signs in stands for the identity, which is bound besides. */
const PASSING =
  /^(?:authorization|user-agent|date|traceparent|tracestate|baggage|b3|x-b3-.*|x-request-id|x-correlation-id|x-amzn-trace-id|x-stainless-.*|idempotency-key|sec-(?!websocket-protocol).*|accept-encoding|priority|content-length)$/;

function lasting(fields: Fields): Fields {
  return fields.filter(([name]) => !PASSING.test(name));
}

/** How much of a request's body must be seen before it can be judged; 0: nothing, or there is more than would be looked at. */
export function bodyWanted({ request, requested, options }: Exchange): number {
  const { method, length = Number.POSITIVE_INFINITY } = request;
  const wanted = wantsBody({ method, target: requested, bytes: length }, options);
  return request.length === undefined || length <= wanted ? wanted : 0;
}
