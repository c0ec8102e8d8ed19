import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { type ContentMasks, type CountHit, GatewayError, type Side } from '@sallyport/core';
import { JsonMask } from '../body/json/json-mask.ts';
import { asGatewayError, RequestError } from '../errors.ts';
import { endToEnd, type Fields, field, without } from '../message/fields.ts';
import type { Answer, Upgraded } from '../upstream/answer.ts';
import { encodeClose, encodeServerFrame, FrameDecoder, OPCODE } from '../websocket/frame.ts';
import { MessageRelay, type Passed } from '../websocket/message-relay.ts';
import { giveAnswer, shownFields } from './answering.ts';
import { type Answered, ask } from './asking.ts';
import { answerMasks, isOpen } from './content-masks.ts';
import { CredentialEcho } from './credential-echo.ts';
import type { Exchange } from './exchange.ts';
import { Hits } from './hits.ts';
import { textOf } from './record-text.ts';
import { resultOf } from './result.ts';
import { targetFields } from './target-fields.ts';
import { wishOf } from './wish.ts';

/** {@link https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 RFC 6455, section 7.4.1} */
const CLOSED = { protocol: 1002, policy: 1008, tooLarge: 1009, broken: 1011 } as const;
const LAST_WORDS_MS = 1_000;
const CLOSING_MS = 10_000;

/**
 * Carries a WebSocket ({@link https://www.rfc-editor.org/rfc/rfc6455 RFC 6455}): judged as the GET it begins with, its
 * messages recorded, what the target says masked message by message. Compression is not agreed on: nobody could look inside.
 *
 * @param head bytes that came behind the request.
 */
export async function carryWebSocket(exchange: Exchange, socket: Duplex, head: Buffer): Promise<void> {
  const { request, requested, gate, target, visit, upstreams, signal } = exchange;
  // Its bytes would be taken for frames.
  if (request.length !== 0) throw new RequestError(400, 'ERR_PROTOCOL', 'A request for a WebSocket has no body.', { last: true });
  if (exchange.connection.through === undefined) demandOwnOrigin(request.fields, request.authority);
  const fields = without(targetFields(request, target, visit.tokenHeader), 'content-length', 'sec-websocket-extensions');
  const wish = wishOf(exchange, [...fields, ['upgrade', 'websocket']]);
  const ruling = await ask(exchange, wish, () => Promise.resolve({ opens: 'a WebSocket' }));
  if (ruling.action === 'deny') throw denied(ruling);
  const durable = gate.durable();
  if (durable !== undefined) await durable;
  signal.throwIfAborted();
  const path = requested.path + requested.query;
  const asked = upstreams.http1(target).upgrade({ method: 'GET', path, fields, body: null }, 'websocket', signal);
  const answer = await asked.catch((cause: unknown) => {
    const { code, message } = asGatewayError(signal.aborted ? signal.reason : cause);
    gate.note({ type: 'result', command: ruling.command, state: 'unknown', rows: 0, bytes: 0, error: { code, message } });
    throw cause;
  });
  if (!('socket' in answer)) return refused(exchange, answer, ruling.command);
  await converse(exchange, answer, socket, head, ruling.command);
}

/** A page of another site must not speak with the person's sign-in: cross-origin requests of WebSockets are not asked about. */
function demandOwnOrigin(fields: Fields, authority: string): void {
  const origin = field(fields, 'origin');
  if (origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === authority.toLowerCase()) return;
  throw new GatewayError('ERR_ACCESS', "A page of another site asked for this WebSocket with your browser's sign-in: that is not served.");
}

function denied({ message, approval, notice }: Extract<Answered, { readonly action: 'deny' }>): RequestError {
  return new RequestError(403, 'ERR_ACCESS', approval === undefined ? message : `${message} ${notice ?? ''}`.trim());
}

/** The target does not agree: its answer is one like others. */
async function refused(exchange: Exchange, answer: Answer, command: number): Promise<void> {
  const hits = new Hits(command, exchange.gate);
  const bytes = await giveAnswer(exchange, answer, undefined, hits.count);
  exchange.visit.seen.targetBytes += bytes;
  hits.flush();
  exchange.gate.note(resultOf(command, answer.status, bytes, hits.masked));
}

async function converse(
  exchange: Exchange,
  { status, fields, socket: target }: Upgraded,
  client: Duplex,
  head: Buffer,
  command: number,
): Promise<void> {
  const { gate, record, request, reply, visit, signal } = exchange;
  const hits = new Hits(command, gate);
  const { masked } = hits;
  const passed = shownFields(exchange, without(endToEnd(fields), 'sec-websocket-extensions'), hits.count);
  record.response(`HTTP/${request.version} ${status}`, passed);
  reply.head(status, [...passed, ['connection', 'Upgrade'], ['upgrade', 'websocket']]);
  const shown = shownMessage(exchange, hits.count);
  if (head.length > 0) client.unshift(head);
  const stop = (): void => {
    client.destroy();
    target.destroy();
  };
  const end = (): void => closeWith(client, CLOSED.policy, reasonOf(signal), stop);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  const before = visit.seen.targetBytes;
  let closing: NodeJS.Timeout | undefined;
  // Who has ended its own direction gets the rest of the other one, and no more than some seconds for it.
  const halfClosed = (): void => {
    closing ??= setTimeout(stop, CLOSING_MS).unref();
  };
  try {
    await Promise.all([
      carry(exchange, 'client', client, target, new MessageRelay('client', () => Buffer.alloc(0))).then(halfClosed),
      carry(exchange, 'target', target, client, new MessageRelay('target', encodeServerFrame, shown)).then(halfClosed),
    ]);
    gate.note({ type: 'result', command, state: 'completed', rows: 0, bytes: visit.seen.targetBytes - before, status, masked });
  } catch (error) {
    const message = error instanceof GatewayError ? error.message : 'The connection was lost.';
    gate.note({
      type: 'result',
      command,
      state: 'unknown',
      rows: 0,
      bytes: visit.seen.targetBytes - before,
      status,
      error: { code: 'ERR_PROTOCOL', message },
      masked,
    });
    closeWith(client, error instanceof GatewayError && error.code === 'ERR_PROTOCOL' ? CLOSED.protocol : CLOSED.broken, message, stop);
  } finally {
    signal.removeEventListener('abort', end);
    clearTimeout(closing);
    hits.flush();
    target.destroy();
  }
}

const JSON_BEGINS = /^\s*[[{]/;
const REDACTED = Buffer.from('[redacted]');

/** What the client may see of a text message of the target's; undefined: all of it. */
function shownMessage({ gate, target }: Exchange, count: CountHit): ((text: Buffer) => Buffer) | undefined {
  const [masks, echo] = [answerMasks(gate), CredentialEcho.of(target)];
  if (isOpen(masks) && echo === undefined) return undefined;
  return (text) => maskedMessage(echo?.blank(text) ?? text, masks, count, 'target');
}

/** JSON by its places and values, anything else by its form. @throws ProtocolError for broken JSON where places are masked */
function maskedMessage(text: Buffer, masks: ContentMasks, count: CountHit, side: Side): Buffer {
  if (isOpen(masks)) return text;
  if (!JSON_BEGINS.test(text.toString('latin1', 0, 64))) return masks.text?.value(text, 0, text.length, count) ?? text;
  const json = new JsonMask({ masks, count, side });
  return Buffer.concat([json.push(text), json.flush()]);
}

/** A message as the record may have it. What comes from the target is masked already. */
function recordable(from: Side, { opcode, data }: NonNullable<Passed['message']>, gate: Exchange['gate']): Buffer {
  const masks = answerMasks(gate);
  if (from === 'target' || isOpen(masks)) return data;
  if (opcode !== OPCODE.text) return textOf(data, masks.text);
  try {
    return maskedMessage(data, masks, () => undefined, 'client');
  } catch {
    return REDACTED; // it passes to the target as it is; what is hidden in it nobody could say
  }
}

/** One direction, at the pace of whoever reads. */
async function carry(exchange: Exchange, from: Side, source: Duplex, sink: Duplex, relay: MessageRelay): Promise<void> {
  const { gate, record, visit, options } = exchange;
  const decoder = new FrameDecoder(from);
  const most = options.record_body_kib * 1024;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    visit.seen[from === 'client' ? 'clientBytes' : 'targetBytes'] += chunk.length;
    for (const frame of decoder.push(chunk)) {
      const passed = relay.pass(frame);
      if (passed?.message !== undefined && passed.message.opcode <= OPCODE.close)
        record.websocket(from, passed.message.opcode, recordable(from, passed.message, gate).subarray(0, most));
      if (passed === undefined) continue;
      const wait = from === 'client' ? gate.durable() : gate.ready();
      if (wait !== undefined) await wait;
      if (sink.destroyed) return;
      if (!sink.write(passed.bytes)) await Promise.race([once(sink, 'drain'), once(sink, 'close')]);
    }
  }
  sink.end();
}

function closeWith(client: Duplex, code: number, reason: string, stop: () => void): void {
  if (!client.destroyed && client.writable) client.end(encodeClose(code, reason));
  setTimeout(stop, LAST_WORDS_MS).unref();
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof GatewayError ? reason.message : 'The session is over.';
}
