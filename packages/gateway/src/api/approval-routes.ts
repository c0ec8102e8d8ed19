import type { Objection, Verdict } from '@sallyport/approvals';
import type { ApprovalState, Identity } from '@sallyport/core';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from './api.ts';
import type { Caller, Callers } from './caller.ts';
import { ApiError, type ApiErrorCode } from './error.ts';
import { sendEvents } from './event-stream.ts';

const STATES: readonly string[] = ['pending', 'approved', 'denied', 'expired', 'cancelled'] satisfies ApprovalState[];
const MOST_REASON = 500;
const MOST_LISTED = 1_000;

const CODES: Readonly<Record<Objection, ApiErrorCode>> = {
  unknown: 'not_found',
  settled: 'settled',
  agent: 'not_an_approver',
  'self-approval': 'self_approval',
  'not-in-groups': 'not_an_approver',
  voted: 'voted',
};

/** What waits for a person, and what the person says. */
export function approvalRoutes(app: FastifyInstance, { approvals, log }: ApiParts, callers: Callers): void {
  app.get<{ Querystring: { state?: string } }>('/approvals', async (request) => {
    const viewer = viewerOf(await callers.of(request));
    const { state } = request.query;
    if (state !== undefined && !STATES.includes(state)) throw new ApiError('bad_request', `state is one of ${STATES.join(', ')}.`);
    return approvals.list({ limit: MOST_LISTED, ...(state !== undefined && { state: state as ApprovalState }) }, viewer);
  });

  app.get('/approvals/watch', async (request, reply) => {
    const viewer = viewerOf(await callers.of(request));
    await sendEvents(request, reply, (signal) => approvals.watch(signal, viewer));
  });

  app.get<{ Params: { id: string } }>('/approvals/:id', async (request) => {
    const viewer = viewerOf(await callers.of(request));
    return (await approvals.show(request.params.id, viewer)) ?? unknown(request.params.id);
  });

  app.post<{ Params: { id: string }; Body: { verdict?: unknown; reason?: unknown } | null }>('/approvals/:id', async (request) => {
    const { identity, token } = await callers.person(request);
    const verdict = request.body?.verdict;
    if (verdict !== 'approve' && verdict !== 'deny') throw new ApiError('bad_request', 'verdict is "approve" or "deny".');
    if (!token.can.includes('approve')) {
      throw new ApiError(
        'needs_approve_token',
        'This token opens connections; deciding needs one made with "sallyport token create --can approve".',
      );
    }
    const { id } = request.params;
    const reason = typeof request.body?.reason === 'string' ? request.body.reason.slice(0, MOST_REASON) : null;
    const decision = await approvals.decide(id, identity, verdict satisfies Verdict, reason);
    log.info({ approval: id, by: identity.name, verdict, result: decision.result }, 'approval decided');
    if (decision.result !== 'ok') throw new ApiError(CODES[decision.result], decision.message);
    return (await approvals.show(id)) ?? unknown(id);
  });
}

function viewerOf(caller: Caller): Identity | undefined {
  return caller.kind === 'token' ? caller.identity : undefined;
}

function unknown(id: string): never {
  throw new ApiError('not_found', `There is no approval ${JSON.stringify(id.slice(0, 64))}.`);
}
