import { GatewayError } from '@sallyport/core';
import type { FastifyInstance } from 'fastify';
import type { GateSession } from '../gate-session.ts';
import type { ApiParts } from './api.ts';
import type { Callers } from './caller.ts';
import { ApiError } from './error.ts';
import { sendEvents } from './event-stream.ts';

const MOST_REASON = 500;

/** Live sessions: watch and end them. What has ended is read from the store. */
export function sessionRoutes(app: FastifyInstance, { live, recorder, log }: ApiParts, callers: Callers): void {
  const find = (id: string): GateSession => {
    const session = live.get(id);
    if (session === undefined) throw new ApiError('not_found', `No live session has the id ${JSON.stringify(id)}.`);
    return session;
  };

  app.get<{ Params: { id: string } }>('/sessions/:id/watch', async (request, reply) => {
    await callers.administrator(request);
    const session = find(request.params.id);
    await recorder.log('session.watched', { target_session: session.id });
    await sendEvents(request, reply, (signal) => session.feed.watch(signal));
  });

  /** The wire as it is recorded, from a moment on; what came before is in the store. */
  app.get<{ Params: { id: string } }>('/sessions/:id/frames', async (request, reply) => {
    await callers.administrator(request);
    const session = find(request.params.id);
    await recorder.log('session.watched', { target_session: session.id });
    await sendEvents(request, reply, (signal) => session.frames.watch(signal, () => session.durable()));
  });

  app.post<{ Params: { id: string }; Body: { reason?: unknown } | null }>('/sessions/:id/kill', async (request) => {
    await callers.administrator(request);
    const session = find(request.params.id);
    const reason = typeof request.body?.reason === 'string' ? request.body.reason.slice(0, MOST_REASON) : '';
    await recorder.log('session.killed', { target_session: session.id, reason });
    log.warn({ session: session.id, reason }, 'session ended by an administrator');
    session.abort(new GatewayError('ERR_ENDED', `An administrator ended this session${reason === '' ? '.' : `: ${reason}`}`));
    return { id: session.id, state: 'ended' };
  });
}
