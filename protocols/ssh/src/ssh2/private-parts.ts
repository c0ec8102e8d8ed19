import type { Readable, Writable } from 'node:stream';
import { sshString } from '@sallyport/core';
import type { Channel, Client, ClientChannel, Connection, ServerChannel } from 'ssh2';
import ssh2Utils from 'ssh2/lib/protocol/utils.js';

/**
 * What ssh2 can do and does not offer, or does wrong and keeps to itself. Everything here reaches into its private
 * fields, and nothing else does: each has a test against the real library, so that a new version cannot break it unseen.
 */

/** https://www.rfc-editor.org/rfc/rfc4250#section-4.1.2 */
const MESSAGE = { DISCONNECT: 1, USERAUTH_REQUEST: 50, USERAUTH_BANNER: 53 } as const;
/** https://www.rfc-editor.org/rfc/rfc4250#section-4.2.2 */
export const DISCONNECT_REASON = { PROTOCOL_ERROR: 2, BY_APPLICATION: 11, NO_MORE_AUTH_METHODS: 14 } as const;

interface Packets {
  readonly allocStart: number;
  readonly allocStartKEX: number;
  alloc(length: number, force?: boolean): Buffer;
  finalize(packet: Buffer, force?: boolean): Buffer;
}

interface Private {
  readonly _protocol: { readonly _packetRW: { readonly write: Packets } };
}

/** A text as a `string` with the empty language tag behind it, as RFC 4253 and 4252 want it. */
function described(text: string): Buffer {
  const bytes = Buffer.from(text);
  const whole = Buffer.alloc(4 + bytes.length + 4);
  whole.writeUInt32BE(bytes.length);
  bytes.copy(whole, 4);
  return whole;
}

/** Ends the connection with a reason that the client shows; ssh2 itself leaves the text empty. */
export function disconnect(connection: Connection, reason: number, text: string): void {
  const head = Buffer.of(MESSAGE.DISCONNECT, 0, 0, 0, reason);
  sendPayload(connection, Buffer.concat([head, described(text)]), true);
  connection.end();
}

/** Text that the client shows before it is signed in. */
export function sendBanner(connection: Connection, text: string): void {
  sendPayload(connection, Buffer.concat([Buffer.of(MESSAGE.USERAUTH_BANNER), described(`${text}\r\n`)]));
}

/** A message of any kind, from its number on. @param urgent may go out in the middle of a key exchange. */
export function sendPayload(connection: Client | Connection, payload: Buffer, urgent = false): void {
  const protocol = (connection as unknown as Private)._protocol;
  const { write } = protocol._packetRW;
  try {
    const packet = write.alloc(payload.length, urgent);
    packet.set(payload, urgent ? write.allocStartKEX : write.allocStart);
    ssh2Utils.sendPacket(protocol, write.finalize(packet, urgent), urgent);
  } catch {
    // The connection is gone already: nobody would read it.
  }
}

/** What waits for a channel's window, of each of its two streams. */
interface Waiting {
  _chunk: Buffer | undefined;
  _chunkcb: (() => void) | undefined;
  _chunkErr: Buffer | undefined;
  _chunkcbErr: (() => void) | undefined;
  _waitWindow: boolean;
  readonly outgoing: { readonly state: string; readonly window: number; packetSize: number };
  readonly incoming: { readonly window: number };
  readonly _client: Connection;
}

type Write = (data: Buffer, encoding: BufferEncoding, done: () => void) => void;

/**
 * Mends how a channel writes: ssh2 keeps the last piece of stdout that had to wait for the window and sends it again
 * behind one of stderr that waits, lets stderr wait for ever where both do, never answers a write to a channel that is
 * closed, keeps what is sent beyond the window, and writes for ever where the other side takes packets of no bytes.
 */
export function repaired<C extends ServerChannel | ClientChannel | Channel>(channel: C): C {
  const waiting = channel as unknown as Waiting;
  const stderr = channel.stderr as unknown as { _write?: Write };
  const [plainly, toStderr] = [channel._write.bind(channel) as Write, stderr._write?.bind(stderr)];
  const resume = (): void => {
    const { _chunkErr: rest, _chunkcbErr: done } = waiting;
    if (rest === undefined || done === undefined || toStderr === undefined) return;
    if (waiting.outgoing.window > 0) toStderr(rest, 'buffer' as BufferEncoding, done);
    else waiting._waitWindow = true;
  };
  channel._write = (data: Buffer, encoding: BufferEncoding, done: () => void) => {
    if (isClosed(channel)) return done();
    plainly(data, encoding, () => {
      waiting._chunk = undefined;
      waiting._chunkcb = undefined;
      resume();
      done();
    });
  };
  if (toStderr !== undefined) {
    stderr._write = (data, encoding, done) => {
      if (isClosed(channel)) return done();
      toStderr(data, encoding, () => {
        waiting._chunkErr = undefined;
        waiting._chunkcbErr = undefined;
        done();
      });
    };
  }
  for (const stream of [channel, channel.stderr]) if ('push' in stream) holdToWindow(stream, waiting);
  if (waiting.outgoing.packetSize < SMALLEST_PACKET) {
    breakOff(waiting._client, `a channel takes packets of ${waiting.outgoing.packetSize} bytes, and ${SMALLEST_PACKET} are the least`);
    waiting.outgoing.packetSize = SMALLEST_PACKET;
  }
  return channel;
}

/** The least that a side may take at once; every implementation is to take 32,768: RFC 4253, section 6.1. A packet costs as much as some hundred bytes. */
const SMALLEST_PACKET = 1_024;

/** Ends the connection of a side that breaks the rules. */
function breakOff(connection: Connection, text: string): void {
  disconnect(connection, DISCONNECT_REASON.PROTOCOL_ERROR, text);
  (connection as NodeJS.EventEmitter).emit('error', new Error(text));
  socketOf(connection).destroy();
}

/** Ends the connection of who sends more than the channel's window lets it: ssh2 would keep whatever comes. */
function holdToWindow(stream: Readable, { incoming, _client: connection }: Waiting): void {
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown): boolean => {
    if (chunk === null || incoming.window >= 0) return push(chunk);
    breakOff(connection, 'more was sent on a channel than its window allows');
    return false;
  };
}

/** Whether the other side of a channel has closed it, after which ssh2 takes writes and never answers them. */
function isClosed(channel: unknown): boolean {
  return (channel as { outgoing: { state: string } }).outgoing.state !== 'open';
}

const AGENT_CHANNEL = { type: 'auth-agent@openssh.com', window: 2 * 1024 * 1024, packet: 32 * 1024 } as const;

interface Opening extends Private {
  readonly _chanMgr: { add(opened: object): number };
  readonly _protocol: Private['_protocol'] & { openssh_authAgent(id: number, window: number, packet: number): void };
}

/** Asks a client for its agent. https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent */
export function openAgentChannel(connection: Connection): Promise<Channel> {
  const { _chanMgr: channels, _protocol: protocol } = connection as unknown as Opening;
  return new Promise((resolve, reject) => {
    const opened = (error: Error | undefined, channel: Channel): void => (error === undefined ? resolve(repaired(channel)) : reject(error));
    const id = channels.add(Object.assign(opened, { type: AGENT_CHANNEL.type }));
    if (id < 0) reject(new Error('no channel is free'));
    else protocol.openssh_authAgent(id, AGENT_CHANNEL.window, AGENT_CHANNEL.packet);
  });
}

/** Answers a target that asks for an agent with what `open` gives; programs have to be started with `agentForward`. */
export function lendAgent(client: Client, open: () => Promise<Channel>): void {
  const getStream = (done: (error: unknown, stream?: Channel) => void): void =>
    void open().then((channel) => done(undefined, channel), done);
  Object.assign(client, { _agent: { getStream } });
}

interface Authenticating extends Private {
  readonly _protocol: Private['_protocol'] & {
    readonly _kex: { readonly sessionID: Buffer };
    readonly _authsQueue: string[];
    authPK(user: string, key: { readonly type: string }, algorithm: string | undefined, sign: Sign | undefined): void;
  };
}

/** Signs data, and hands over the signature as OpenSSL makes it. */
type Sign = (data: Buffer, done: (signature: Buffer) => void) => void;

/** Shows a certificate where a client would show its key. https://www.rfc-editor.org/rfc/rfc4252#section-7 */
export function showCertificate(client: Client, certificate: Buffer): void {
  const { _protocol: protocol } = client as unknown as Authenticating;
  protocol.authPK = (user, key, algorithm = key.type, sign) => {
    const named = `${algorithm}-cert-v01@openssh.com`;
    const request = (signed: boolean): Buffer =>
      Buffer.concat([
        Buffer.of(MESSAGE.USERAUTH_REQUEST),
        ...[user, 'ssh-connection', 'publickey'].map(sshString),
        Buffer.of(signed ? 1 : 0),
        ...[named, certificate].map(sshString),
      ]);
    protocol._authsQueue.push('publickey');
    if (sign === undefined) return sendPayload(client, request(false));
    sign(Buffer.concat([sshString(protocol._kex.sessionID), request(true)]), (made) => {
      const signature = Buffer.concat([sshString(algorithm), sshString(ssh2Utils.convertSignature(made, key.type) || made)]);
      sendPayload(client, Buffer.concat([request(true), sshString(signature)]));
    });
  };
}

/** New keys for a connection; ssh2 offers it for one of its two kinds. */
export function rekey(connection: Client | Connection): void {
  try {
    (connection as unknown as { readonly _protocol: { rekey(): void } })._protocol.rekey();
  } catch {
    // Its keys are being changed already, or it is gone.
  }
}

/** What carries a connection's bytes. */
export function socketOf(connection: Client | Connection): Writable {
  return (connection as unknown as { readonly _sock: Writable })._sock;
}
