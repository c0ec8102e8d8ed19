import type { Duplex } from 'node:stream';
import { GatewayError, reach } from '@sallyport/core';
import { asGatewayError, RequestError, statusOf } from '../errors.ts';
import { ask, type Wish } from '../exchange/asking.ts';
import type { ClientRequest, Reply } from '../message/client-request.ts';
import { ExchangeRecord } from '../recorded/exchange-record.ts';
import type { Visit } from '../startup/visit.ts';
import { classifyConnect } from './classify-connect.ts';
import { refuseConnect } from './connect-answer.ts';
import type { ForwardServer } from './forward-server.ts';
import { carryTunnel } from './tunnel.ts';

const CONNECT_MS = 10_000;
/** How soon a client may ask again for what waits for a person. */
const RETRY_AFTER_SECONDS = '15';

/** A tunnel that a client asks for, and may be given. */
interface Asked {
  readonly server: ForwardServer;
  readonly visit: Visit;
  /** The connection that becomes the tunnel. */
  readonly client: Duplex;
  readonly request: ClientRequest;
  readonly reply: Reply;
}

/** A CONNECT in the record: there it is an exchange like others. */
export function recordConnect(visit: Visit, request: ClientRequest): ExchangeRecord {
  const record = new ExchangeRecord(visit.session, visit.nextExchange(), visit.secretFields);
  record.request(`CONNECT ${request.target} HTTP/${request.version}`, request);
  return record;
}

/**
 * A tunnel whose bytes nobody looks into: it opens where a rule allows it, its bytes are counted, and the seal says how
 * many. Answers the client in every case.
 */
export async function serveTunnel(asked: Asked): Promise<void> {
  const { server, visit, client, request, reply } = asked;
  const { session } = visit;
  const ending = visit.enter();
  const record = recordConnect(visit, request);
  const refused = { request, reply, record };
  const left = watchFor(client);
  const signal = AbortSignal.any([ending.signal, left.signal]);
  try {
    const ruling = await ask({ gate: session, signal, options: visit.options, record, request }, wishOf(server), () =>
      Promise.resolve({ address: server.name }),
    );
    if (ruling.action === 'deny') {
      if (left.signal.aborted) return;
      const { approval, notice = '', message, rules = [] } = ruling;
      const refusal = { status: 403, rules, session: session.id };
      if (approval === undefined)
        return refuseConnect(refused, { ...refusal, type: ruling.cause, message: `${session.target.name}: ${message}` });
      const fields = [['retry-after', RETRY_AFTER_SECONDS]] as const;
      return refuseConnect(refused, { ...refusal, type: 'held', message: `${message} ${notice}`.trim(), approval, fields });
    }
    await session.durable();
    await open(asked, record, ruling.command, left);
  } finally {
    left.stop();
    visit.leave(ending);
  }
}

function wishOf({ name, authority, configured }: ForwardServer): Wish {
  return { ...classifyConnect(authority), text: `CONNECT ${name}`, exact: ['http', configured.name, 'CONNECT', name] };
}

async function open({ server, visit, client, request, reply }: Asked, record: ExchangeRecord, command: number, left: Watch): Promise<void> {
  const { session, seen } = visit;
  const result = { type: 'result', command, rows: 0 } as const;
  try {
    const target = await dial(server, AbortSignal.any([session.signal, left.signal]));
    left.stop();
    record.response(`HTTP/${request.version} 200`, []);
    reply.head(200, []);
    const { sent, received } = await carryTunnel(client, target, session.signal);
    seen.clientBytes += sent;
    seen.targetBytes += received;
    seen.opaqueBytes += sent + received;
    session.note({ ...result, state: 'completed', bytes: sent + received });
  } catch (cause) {
    const error = asGatewayError(cause);
    session.note({ ...result, state: 'failed', bytes: 0, error: { code: error.code, message: error.message } });
    if (left.signal.aborted) return;
    const type = error.code.slice('ERR_'.length).toLowerCase();
    refuseConnect({ request, reply, record }, { status: statusOf(error), type, message: error.message, session: session.id });
  }
}

async function dial(server: ForwardServer, signal: AbortSignal): Promise<Duplex> {
  const late = AbortSignal.timeout(CONNECT_MS);
  try {
    await server.check(signal); // an address in place of a name is asked of nobody
    return await reach(server.target, AbortSignal.any([signal, late]), { allowHalfOpen: true, lookup: server.target.lookup });
  } catch (cause) {
    if (!late.aborted || signal.aborted) throw cause;
    throw new RequestError(504, 'ERR_TARGET_UNREACHABLE', `${server.name} could not be reached within ${CONNECT_MS / 1_000} seconds.`, {
      cause,
    });
  }
}

interface Watch {
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  stop(): void;
}

/** Notices that a client leaves which has nothing to say: it waits for our answer. What it says all the same stays to be read. */
function watchFor(client: Duplex): Watch {
  const gone = new AbortController();
  const left = (): void => gone.abort(new GatewayError('ERR_ENDED', 'The client left.'));
  // An end is seen by who reads; what came before it is kept for who comes next.
  const look = (): void => void (client.readableLength === 0 && client.read());
  client.once('end', left).once('close', left).on('readable', look);
  return { signal: gone.signal, stop: () => void client.off('end', left).off('close', left).off('readable', look) };
}
