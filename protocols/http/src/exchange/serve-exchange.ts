import { GatewayError, isLoopbackClient } from '@sallyport/core';
import { type RequestTarget, readTarget, shownTarget } from '../classify/request-target.ts';
import { asGatewayError, clientLeft, RequestError, statusOf, Unauthorised } from '../errors.ts';
import { absoluteForm } from '../forward/absolute-form.ts';
import { serveGit } from '../git/serve-git.ts';
import { lfsRepository, serveLfs } from '../git/serve-lfs.ts';
import { readSmartRequest } from '../git/smart-request.ts';
import type { ClientRequest, Reply } from '../message/client-request.ts';
import { field } from '../message/fields.ts';
import { ExchangeRecord } from '../recorded/exchange-record.ts';
import type { Connection } from '../startup/connection.ts';
import type { Visit } from '../startup/visit.ts';
import type { Exchange, SharedParts } from './exchange.ts';
import { forwardRequest } from './forward-request.ts';
import { framingFault, unmetExpectation } from './framing.ts';
import { challenges, refuse } from './refusal.ts';
import { drain } from './request-body.ts';

/** One request and its answer, whatever comes of it. Never rejects. @param run what is done with a request of somebody who is let in. */
export async function serveExchange(
  asked: ClientRequest,
  reply: Reply,
  arrived: Connection,
  shared: SharedParts,
  run: (exchange: Exchange) => Promise<void> = serveRequest,
): Promise<void> {
  let [request, connection] = [asked, arrived];
  try {
    if (reply.left) return;
    ({ request, connection } = absoluteForm(asked, arrived));
    const fault = framingFault(request);
    if (fault !== undefined) throw new RequestError(400, 'ERR_PROTOCOL', fault, { last: true });
    if (unmetExpectation(request))
      throw new RequestError(417, 'ERR_PROTOCOL', 'Something else is expected than "100-continue".', { last: true });
    const requested = readTarget(request.target);
    demandPrivacy(connection);
    if ('refused' in requested) throw new RequestError(requested.status, 'ERR_PROTOCOL', requested.refused);
    const misdirected = connection.through?.server.misdirected(request.authority);
    if (misdirected !== undefined) throw new RequestError(421, 'ERR_PROTOCOL', misdirected);
    demandSafeOrigin(request, connection);
    const visit = await connection.visit(request);
    const ending = visit.enter();
    reply.whenLeft(() => ending.abort(clientLeft()));
    try {
      await inVisit(exchangeOf(request, requested, reply, connection, visit, shared, ending.signal), connection !== arrived, run);
    } finally {
      visit.leave(ending);
    }
  } catch (error) {
    await answerError(asGatewayError(error), { request, reply, connection });
  }
}

/** Runs as a part of the session, whose record has the request, and the answer whoever gives it. @param check where the server stands */
async function inVisit(exchange: Exchange, check: boolean, run: (exchange: Exchange) => Promise<void>): Promise<void> {
  const { connection, gate, record, request, requested } = exchange;
  record.request(`${request.method} ${shownTarget(requested)} HTTP/${request.version}`, request);
  try {
    if (check) await connection.through?.server.check(gate.signal);
    await run(exchange);
  } catch (error) {
    await answerError(asGatewayError(error), exchange);
  }
}

/** Git has a conversation of its own within requests. */
function serveRequest(exchange: Exchange): Promise<void> {
  const git = readSmartRequest(exchange);
  if (git !== undefined) return serveGit(exchange, git);
  const lfs = lfsRepository(exchange);
  return lfs === undefined ? forwardRequest(exchange) : serveLfs(exchange, lfs);
}

function exchangeOf(
  request: ClientRequest,
  requested: RequestTarget,
  reply: Reply,
  connection: Connection,
  visit: Visit,
  { upstreams, digests }: SharedParts,
  signal: AbortSignal,
): Exchange {
  const { session, options } = visit;
  visit.seen.clientFrames += 1;
  return {
    request,
    reply,
    connection,
    host: connection.host,
    visit,
    gate: session,
    target: connection.through?.server.target ?? session.target,
    options,
    record: new ExchangeRecord(session, visit.nextExchange(), visit.secretFields),
    upstreams,
    digests,
    requested,
    signal,
  };
}

/** What signs in must not be read on its way. */
export function demandPrivacy({ secure, host }: Connection): void {
  if (secure || host.signedIn !== undefined || isLoopbackClient(host.client)) return;
  throw new RequestError(
    403,
    'ERR_LOGIN',
    'From another machine this gateway is to be used over https: a token in plain HTTP can be read by others. Get a new one if you sent one.',
  );
}

/**
 * A browser that has signed in sends its password with whatever any page asks of us: only what the person or a page of
 * ours began is served.
 */
function demandSafeOrigin({ fields, method }: ClientRequest, { through }: Connection): void {
  if (through !== undefined) return; // pages sign in at the proxy with nothing, and ask other sites as they always do
  // Nothing but a password goes along by itself.
  if (!/^basic /i.test(field(fields, 'authorization') ?? '')) return;
  const site = field(fields, 'sec-fetch-site');
  if (
    (site !== 'cross-site' && site !== 'same-site') ||
    (field(fields, 'sec-fetch-mode') === 'navigate' && (method === 'GET' || method === 'HEAD'))
  )
    return;
  throw new GatewayError('ERR_ACCESS', "A page of another site asked for this with your browser's sign-in: that is not served.");
}

/** What an error is answered on; without a record where nobody was let in. */
type Asked = Pick<Exchange, 'request' | 'reply' | 'connection'> & Partial<Pick<Exchange, 'gate' | 'record'>>;

async function answerError(error: GatewayError, { request, reply, connection, gate, record }: Asked): Promise<void> {
  if (reply.left) return;
  const status = statusOf(error);
  const type = error.code.slice('ERR_'.length).toLowerCase();
  const session = gate?.id;
  const level = status >= 500 ? 'warn' : 'info';
  connection.host.log(level, error.message, {
    status,
    ...(session !== undefined && { session }),
    ...(error.cause !== undefined && { err: error.cause }),
  });
  const challenge = error instanceof Unauthorised ? challenges(status) : [];
  const drained = await drain(request);
  const closing = !drained || (error instanceof RequestError && error.last);
  const fields = [...challenge, ...(closing && request.version !== '2' ? [['connection', 'close'] as const] : [])];
  refuse({ request, reply, record }, { status, type, message: error.message, session, fields });
}
