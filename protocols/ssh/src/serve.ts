import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError, type Host, ProtocolError, type SessionEnd, type Target } from '@sallyport/core';
import { Conversation, clientLeft, type TargetConnection } from './channels/conversation.ts';
import { forwardSocket, forwardTcp } from './channels/forwarding.ts';
import { Listening } from './channels/listening.ts';
import { serveSessionChannel } from './channels/session-channel.ts';
import { asGatewayError } from './errors.ts';
import { patience, SSH_LIMITS, type SshLimits } from './limits.ts';
import { emitEndOfWrite } from './ssh2/end-of-write.ts';
import { boundUnread } from './ssh2/peer-limits.ts';
import { DISCONNECT_REASON, disconnect, rekey, socketOf } from './ssh2/private-parts.ts';
import { type AcceptedClient, acceptClient } from './startup/accept-client.ts';
import { connectTarget } from './startup/connect-target.ts';
import type { TargetOptions } from './target-schema.ts';

/** Keys are changed as OpenSSH changes them: RFC 4253 section 9 wants it each GiB or hour. ssh2 does neither by itself. */
const REKEY = { bytes: 1 << 30, ms: 3_600_000, checkMs: 5_000 } as const;
/** How long channels have for their last words when a session is ended. */
const CLOSE_GRACE_MS = 1_000;

/** One client connection from its first byte to its seal. Never rejects for what a client did. */
export async function serve(socket: Duplex, host: Host, limits: SshLimits = SSH_LIMITS): Promise<void> {
  let conversation: Conversation | undefined;
  const accepted = await acceptClient(socket, host, limits, (client) => {
    conversation = converse(client, { socket, host, limits });
  });
  if (accepted === undefined || conversation === undefined) return;
  await carryOn(accepted, conversation, limits);
}

/** Listens to all that the client may ask for; it learns only then that it is in. */
function converse(
  { connection, session, target, notice }: AcceptedClient,
  { socket, host, limits }: { readonly socket: Duplex; readonly host: Host; readonly limits: SshLimits },
): Conversation {
  const abandoned = new AbortController();
  const targetConnection = session.then((gate) => reachTarget(target, AbortSignal.any([gate.signal, abandoned.signal]), limits));
  targetConnection.catch(() => undefined); // each channel says so
  const conversation = new Conversation({
    connection,
    socket,
    host,
    options: target.options as TargetOptions,
    session,
    target: targetConnection,
    notice,
  });
  conversation.over.addEventListener('abort', () => abandoned.abort(conversation.over.reason), { once: true });
  const listening = new Listening(conversation);
  connection.on('session', (accept, reject) => (conversation.full ? reject() : serveSessionChannel(accept(), conversation)));
  connection.on('tcpip', (accept, reject, info) =>
    conversation.full ? reject() : conversation.run(forwardTcp(conversation, accept, reject, info)),
  );
  connection.on('openssh.streamlocal', (accept, reject, { socketPath }) =>
    conversation.full ? reject() : conversation.run(forwardSocket(conversation, accept, reject, socketPath)),
  );
  connection.on('request', (accept, reject, name, info) =>
    conversation.full ? reject?.() : conversation.run(listening.request(accept, reject, name, info)),
  );
  emitEndOfWrite(connection);
  boundUnread(socket);
  connection.on('error', (error: Error & { level?: string }) => conversation.end(brokenBy(error, limits)));
  // A half-closed connection says nothing in SSH: who has ended it has left.
  const left = (): void => conversation.end(clientLeft());
  connection.once('end', left).once('close', left);
  session.catch((cause: unknown) => conversation.end(asGatewayError(cause)));
  return conversation;
}

function brokenBy(error: Error & { readonly level?: string }, limits: SshLimits): GatewayError {
  if (error.level === 'client-timeout')
    return new GatewayError('ERR_ENDED', `The client did not answer for ${patience(limits)}.`, { cause: error });
  if (error.level === 'socket') return clientLeft();
  return new ProtocolError('client', `What the client sent is not SSH: ${error.message}.`, { cause: error });
}

/** What ssh2 says of an end; its code is the reason of a target's DISCONNECT. */
type Lost = Error & { readonly level?: string; readonly code?: unknown };

/** Why the connection to a target is over, from the error that ended it, if there was one. */
function lostBy(name: string, error: Lost | undefined, limits: SshLimits): GatewayError {
  const closed = `The target ${name} closed the connection.`;
  if (error === undefined) return new GatewayError('ERR_TARGET_CLOSED', closed);
  if (error.level === 'client-timeout')
    return new GatewayError('ERR_TARGET_CLOSED', `The target ${name} did not answer for ${patience(limits)}.`, { cause: error });
  if (typeof error.code === 'number')
    return new GatewayError('ERR_TARGET_CLOSED', `The target ${name} ended the connection: ${error.message}.`, { cause: error });
  if (error.level === 'client-socket') return new GatewayError('ERR_TARGET_CLOSED', closed, { cause: error });
  return new ProtocolError('target', `What the target ${name} sent is not SSH: ${error.message}.`, { cause: error });
}

async function reachTarget(target: Target, signal: AbortSignal, limits: SshLimits): Promise<TargetConnection> {
  const client = await connectTarget(target, signal, limits);
  return { client, socket: socketOf(client) as Duplex };
}

/** Waits for the end of the connection, whoever ends it, and seals the record. */
async function carryOn({ connection, session, target }: AcceptedClient, conversation: Conversation, limits: SshLimits): Promise<void> {
  const gate = await session.catch(() => undefined);
  if (gate === undefined) return farewell(conversation, connection);
  const { host } = conversation.parts;
  const stop = (): void => conversation.end(asGatewayError(gate.signal.reason));
  gate.signal.addEventListener('abort', stop, { once: true });
  if (gate.signal.aborted) stop();
  const targetClosed = conversation.parts.target.then(({ client }) => {
    let broken: Error | undefined;
    client.once('close', () => conversation.end(lostBy(target.name, broken, limits)));
    client.on('error', (error) => {
      broken ??= error;
    });
    return client;
  });
  targetClosed.catch(() => undefined);
  const keys = renewKeys(conversation);
  try {
    await new Promise<void>((resolve) => {
      conversation.over.addEventListener('abort', () => resolve(), { once: true });
      if (conversation.over.aborted) resolve();
    });
    await farewell(conversation, connection);
  } finally {
    clearInterval(keys);
    await leaveTarget(conversation);
    conversation.endRecord();
    const error = asGatewayError(conversation.over.reason);
    const peaceful = error.code === 'ERR_ENDED' && !gate.signal.aborted;
    const end: SessionEnd = { ...conversation.seen, ...(!peaceful && { error }) };
    await gate.end(end).catch((cause: unknown) => host.log('error', 'A session could not be sealed.', { err: cause }));
  }
}

/** Channels say why they end; then the connection does. */
async function farewell(conversation: Conversation, connection: AcceptedClient['connection']): Promise<void> {
  const { socket } = conversation.parts;
  const reason = asGatewayError(conversation.over.reason);
  await settledSoon(conversation);
  if (!socket.destroyed) {
    disconnect(connection, DISCONNECT_REASON.BY_APPLICATION, reason.message);
    await Promise.race([new Promise((resolve) => socket.once('close', resolve)), delay(CLOSE_GRACE_MS, undefined, { ref: false })]);
  }
  socket.destroy();
}

/** Ends the target's side, and waits for what channels have to say of it: behind the seal nothing is recorded. */
async function leaveTarget(conversation: Conversation): Promise<void> {
  const connection = await conversation.parts.target.catch(() => undefined);
  if (connection === undefined) return settledSoon(conversation);
  connection.client.end();
  await settledSoon(conversation);
  if (conversation.openChannels > 0) connection.socket.destroy();
  else setTimeout(() => connection.socket.destroy(), CLOSE_GRACE_MS).unref(); // it may be one that answers nothing
  await settledSoon(conversation);
}

async function settledSoon(conversation: Conversation): Promise<void> {
  await Promise.race([conversation.idle(), delay(CLOSE_GRACE_MS, undefined, { ref: false })]);
}

/** Asks both sides for new keys after a GiB or an hour. */
function renewKeys(conversation: Conversation): NodeJS.Timeout {
  const { seen, parts } = conversation;
  let [bytes, at] = [0, Date.now()];
  return setInterval(() => {
    const total = seen.clientBytes + seen.targetBytes;
    if (total - bytes < REKEY.bytes && Date.now() - at < REKEY.ms) return;
    [bytes, at] = [total, Date.now()];
    rekey(parts.connection);
    void parts.target.then(({ client }) => rekey(client)).catch(() => undefined);
  }, REKEY.checkMs).unref();
}
