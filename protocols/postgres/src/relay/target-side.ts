import { type CountHit, GatewayError, HiddenValues, type Out, ProtocolError, type Step } from '@sallyport/core';
import { decodeCopyResponse } from '../codec/copy.ts';
import { decodeErrorOrNotice } from '../codec/error-fields.ts';
import { decodeParameterDescription } from '../codec/extended-query.ts';
import type { PgFrame } from '../codec/frames.ts';
import { BACKEND } from '../codec/message-types.ts';
import { decodeCommandComplete, decodeReadyForQuery, tagRows } from '../codec/query.ts';
import { decodeRowDescription } from '../codec/rows.ts';
import { decodeParameterStatus } from '../codec/session-messages.ts';
import { SqlStateError, TargetFatal } from '../errors.ts';
import { carriesUtf8 } from '../startup/client-settings.ts';
import type { Conversation } from './conversation.ts';
import { CopyOut } from './copy-out.ts';
import { denialResponse, survivedDenial } from './denial.ts';
import { mayAlter } from './meaning.ts';
import { searchedMessage, searchedNotification } from './message-search.ts';
import type { Reply } from './replies.ts';
import { ResultRows } from './result-rows.ts';
import { scrubError, scrubNotice, scrubNotification, scrubSealed, scrubSyntaxError, withoutPosition } from './scrub.ts';
import { NOTHING, toClient } from './steps.ts';

/** A message that is looked into is put together; nothing but rows and COPY data is that large in earnest. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** The target's direction: every message belongs to the oldest answer that is owed. */
export class TargetSide {
  readonly #conversation: Conversation;
  readonly #rows: ResultRows;
  #parts: Buffer[] = [];
  /** The COPY whose data is on its way, where it is masked. */
  #copy: CopyOut | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#rows = new ResultRows(conversation);
  }

  take(frame: PgFrame): Step {
    switch (frame.type) {
      case BACKEND.DataRow:
        return this.#rows.row(frame, this.#running());
      case BACKEND.CopyData:
        return this.#copyData(frame);
      default:
        return frame.first && frame.last ? this.#message(frame.type, frame.raw) : this.#part(frame);
    }
  }

  #part(frame: PgFrame): Step {
    if (frame.size > MAX_MESSAGE_BYTES)
      throw new GatewayError('ERR_LIMIT', `The target sent a message of ${frame.size} bytes, of a kind that is never that large.`);
    this.#parts.push(frame.raw);
    if (!frame.last) return NOTHING;
    const raw = Buffer.concat(this.#parts);
    this.#parts = [];
    return this.#message(frame.type, raw);
  }

  #message(type: number, raw: Buffer): Step {
    switch (type) {
      case BACKEND.ParseComplete:
        return this.#confirmed('parse', raw);
      case BACKEND.BindComplete:
        return this.#confirmed('bind', raw);
      case BACKEND.CloseComplete:
        return this.#confirmed('close', raw);
      case BACKEND.ParameterDescription:
        return this.#parameters(raw);
      case BACKEND.RowDescription:
        return this.#fields(raw);
      case BACKEND.NoData:
        return this.#noData(raw);
      case BACKEND.CommandComplete:
        return this.#complete(raw, tagRows(decodeCommandComplete(raw).tag));
      case BACKEND.EmptyQueryResponse:
        return this.#complete(raw, undefined);
      case BACKEND.PortalSuspended:
        return this.#suspended(raw);
      case BACKEND.ErrorResponse:
        return this.#error(raw);
      case BACKEND.ReadyForQuery:
        return this.#ready(raw);
      case BACKEND.CopyInResponse:
        return this.#copyIn(raw);
      case BACKEND.CopyOutResponse:
        return this.#copyOut(raw);
      case BACKEND.CopyDone:
        return this.#copyDone(raw);
      case BACKEND.NoticeResponse:
        return toClient(this.#searched(this.#exposed ? scrubNotice(raw) : this.#withoutSecrets(raw)));
      case BACKEND.NotificationResponse:
        return toClient(this.#notification(raw));
      case BACKEND.ParameterStatus:
        return this.#parameterStatus(raw);
      default:
        throw unexpected(type);
    }
  }

  #notification(raw: Buffer): Buffer {
    const { none, textMask } = this.#conversation.protection;
    return none ? searchedNotification(raw, textMask, this.#count) : scrubNotification(raw);
  }

  #searched(raw: Buffer): Buffer {
    return searchedMessage(raw, this.#conversation.protection.textMask, this.#count);
  }

  /** Counts with the command that speaks; what comes between commands stands for itself. */
  readonly #count: CountHit = (rule, hidden) => {
    const { replies, gate } = this.#conversation;
    const run = replies.head?.run;
    if (run !== undefined) return run.masked(rule, hidden);
    gate.note({ type: 'masked', masked: { [rule]: 1 } });
    if (hidden === undefined) return;
    const values = new HiddenValues(undefined, gate);
    values.add(rule, hidden);
    values.flush();
  };

  get #exposed(): boolean {
    const { replies, tainted } = this.#conversation;
    const exposed = replies.head?.exposed ?? false;
    return tainted || (typeof exposed === 'function' ? exposed() : exposed);
  }

  /** The command whose result this is. */
  #running(): Reply {
    const { head } = this.#conversation.replies;
    if (head === undefined || (head.kind !== 'query' && head.kind !== 'execute'))
      throw new ProtocolError('target', 'The target sent a result that nobody asked for.');
    if (head.denial !== undefined || head.failed === true) throw survivedDenial();
    return head;
  }

  /** The head, taken out: its answer is complete. */
  #answered(kind: Reply['kind']): Reply {
    const { head } = this.#conversation.replies;
    if (head?.kind !== kind)
      throw new ProtocolError('target', `The target answered a ${kind} message that is not the one it owes an answer for.`);
    if (head.denial !== undefined) throw survivedDenial();
    return head;
  }

  #confirmed(kind: 'parse' | 'bind' | 'close', raw: Buffer): Step {
    const reply = this.#answered(kind);
    for (const effect of reply.effects?.[0] ?? []) effect.settle(true);
    this.#conversation.replies.shift();
    return reply.own === undefined ? toClient(raw) : NOTHING;
  }

  #parameters(raw: Buffer): Step {
    const { statement, own } = this.#answered('describe');
    if (statement !== undefined) statement.parameterTypes = decodeParameterDescription(raw).parameterTypes;
    return own === undefined ? toClient(raw) : NOTHING;
  }

  #fields(raw: Buffer): Step {
    const { replies } = this.#conversation;
    if (replies.head?.kind !== 'describe') return this.#rows.described(raw, this.#running());
    const { portal, own } = this.#answered('describe');
    if (portal !== undefined && !this.#conversation.protection.blind) portal.fields = decodeRowDescription(raw).fields;
    if (typeof own === 'object') own.described?.(decodeRowDescription(raw).fields);
    replies.shift();
    return own === undefined ? toClient(raw) : NOTHING;
  }

  #noData(raw: Buffer): Step {
    const { portal, own } = this.#answered('describe');
    if (portal !== undefined) portal.fields = [];
    if (typeof own === 'object') own.described?.([]);
    this.#conversation.replies.shift();
    return own === undefined ? toClient(raw) : NOTHING;
  }

  /** A statement is done: the whole command, or one of a Query's several. */
  #complete(raw: Buffer, rows: number | undefined): Step {
    const conversation = this.#conversation;
    const reply = this.#running();
    const { run, own } = reply;
    if (typeof own === 'object') own.done?.();
    if (run !== undefined) {
      run.statementDone(rows);
      const { statements, failure } = run.meaning.analysis;
      const statement = statements[reply.done];
      if (failure !== undefined || (statement !== undefined && mayAlter(statement))) conversation.altered = true;
      if (statement?.copy?.direction === 'in') copyDone(reply);
      if (run.meaning.telling) conversation.tainted = true;
    }
    for (const effect of reply.effects?.[reply.done] ?? []) effect.settle(true);
    reply.done += 1;
    reply.editor = undefined;
    if (reply.kind === 'execute') {
      conversation.replies.shift();
      if (run !== undefined) {
        run.finish('completed');
        conversation.suspended.delete(run);
      }
    }
    return own === undefined ? toClient(raw) : NOTHING;
  }

  #suspended(raw: Buffer): Step {
    const conversation = this.#conversation;
    const { run } = this.#answered('execute');
    conversation.replies.shift();
    if (run !== undefined) {
      run.statementDone(undefined);
      if (run.meaning.telling) conversation.tainted = true;
      conversation.suspended.add(run);
    }
    return toClient(raw);
  }

  #error(raw: Buffer): Step {
    this.#copy = undefined;
    const { replies } = this.#conversation;
    const { head } = replies;
    const { fields } = decodeErrorOrNotice(raw);
    const fatal = (fields.get('V') ?? fields.get('S')) !== 'ERROR';
    const denial = head?.denial ?? head?.copies?.[0]?.denial;
    const seen = denial !== undefined && !fatal ? denialResponse(denial) : this.#scrubbed(raw, fields);
    const error = errorOf(seen);
    if (fatal) {
      head?.run?.finish('failed', error);
      return lastWords(seen, new TargetFatal(error));
    }
    if (head === undefined) return toClient(seen);
    if (head.kind === 'query' || head.kind === 'sync') {
      head.failed = true;
      head.copies = [];
      head.run?.finish('failed', error);
      // Commands that were noted as completed were undone: a deferred constraint, a serialization failure.
      if (head.kind === 'sync') this.#conversation.gate.note({ type: 'commit_failed', error });
      return head.own === undefined ? toClient(seen) : NOTHING;
    }
    return this.#skip(error) ? NOTHING : toClient(seen);
  }

  #scrubbed(raw: Buffer, fields: ReadonlyMap<string, string>): Buffer {
    const { head } = this.#conversation.replies;
    const told = head?.kind === 'parse' ? scrubSyntaxError(raw) : this.#withoutSecrets(raw);
    const seen = this.#exposed || this.#aboutProtected(fields) ? scrubError(told) : told;
    return this.#searched(typeof head?.own === 'object' ? withoutPosition(seen) : seen);
  }

  #withoutSecrets(raw: Buffer): Buffer {
    return this.#conversation.replies.head?.run?.meaning.sealed ? scrubSealed(raw) : raw;
  }

  /** Something that no text named has spoken, or it is about a table with masks, or one that nobody knows. */
  #aboutProtected(fields: ReadonlyMap<string, string>): boolean {
    const { protection, catalogue } = this.#conversation;
    if (protection.none) return false;
    const [schema, name] = [fields.get('s'), fields.get('t')];
    if (schema === undefined || name === undefined) return fields.has('W');
    const named = catalogue.current()?.named({ schema, name }) ?? [];
    return fields.has('W') || named.length === 0 || named.some((relation) => protection.covers(relation));
  }

  /** Up to the next Sync the target answers nothing. @returns whether that Sync is the gateway's own */
  #skip(error: { readonly code: string; readonly message: string }): boolean {
    const { replies } = this.#conversation;
    for (let head = replies.head; head !== undefined && head.kind !== 'sync'; head = replies.head) {
      if (typeof head.own === 'object') head.own.failed(error);
      head.run?.finish('failed', error);
      replies.shift();
    }
    if (replies.head === undefined) this.#conversation.skipping = true;
    return replies.head?.own !== undefined;
  }

  #ready(raw: Buffer): Step {
    const conversation = this.#conversation;
    const { head } = conversation.replies;
    if (head?.kind !== 'query' && head?.kind !== 'sync')
      throw new ProtocolError('target', 'The target said that it is ready while it owes an answer.');
    if (head.denial !== undefined && head.failed !== true) throw survivedDenial();
    conversation.status = decodeReadyForQuery(raw).status;
    head.run?.finish('completed');
    conversation.replies.shift();
    if (conversation.status === 'I') this.#transactionOver();
    return head.own === undefined ? toClient(raw) : NOTHING;
  }

  #transactionOver(): void {
    const conversation = this.#conversation;
    conversation.tainted = false;
    conversation.portals.forget((portal) => !portal.cursor);
    for (const run of conversation.suspended) run.finish('completed');
    conversation.suspended.clear();
    if (!conversation.altered) return;
    conversation.altered = false;
    conversation.catalogue.invalidate();
  }

  #copyIn(raw: Buffer): Step {
    const reply = this.#running();
    const copyIn = reply.copies?.[0];
    if (copyIn === undefined)
      throw new ProtocolError('target', 'The target asked for COPY data that the command was not understood to send.');
    if (copyIn.state === 'awaited') copyIn.state = 'open';
    if (reply.kind === 'execute') this.#conversation.replies.dropEarlySyncs();
    return toClient(raw);
  }

  #copyOut(raw: Buffer): Step {
    const { run } = this.#running();
    if (run?.copy !== undefined) this.#copy = new CopyOut(run.copy, decodeCopyResponse(raw), this.#conversation.protection, run);
    else if (run?.meaning.exposed !== false)
      throw new ProtocolError('target', 'The target began to copy masked data out; the session was closed.');
    return toClient(raw);
  }

  #copyDone(raw: Buffer): Step {
    this.#running();
    this.#copy?.done();
    this.#copy = undefined;
    return toClient(raw);
  }

  #copyData(frame: PgFrame): Step {
    const { run } = this.#running();
    if (this.#copy !== undefined) return this.#copy.data(frame);
    if (run?.copy !== undefined) throw new ProtocolError('target', 'The target sent COPY data without having announced it.');
    if (run !== undefined) run.bytes += frame.raw.length;
    return toClient(frame.raw);
  }

  #parameterStatus(raw: Buffer): Step {
    const { name, value } = decodeParameterStatus(raw);
    const { parameters } = this.#conversation;
    if (name === 'client_encoding' && !carriesUtf8(value, parameters.get('server_encoding'))) {
      throw new SqlStateError(
        'ERR_ENDED',
        '0A000',
        `The session's client_encoding became ${value}, which the gateway cannot read safely; it was closed. Keep UTF8.`,
      );
    }
    if (name === 'standard_conforming_strings' && value !== parameters.get(name)) this.#conversation.wary = true;
    parameters.set(name, value);
    return toClient(raw);
  }
}

/** The oldest COPY FROM STDIN of a command is done. */
function copyDone(reply: Reply): void {
  const [copyIn, ...others] = reply.copies ?? [];
  if (copyIn?.denial !== undefined) throw survivedDenial();
  reply.copies = others;
}

function errorOf(raw: Buffer): { readonly code: string; readonly message: string } {
  const { fields } = decodeErrorOrNotice(raw);
  return { code: fields.get('C') ?? '', message: fields.get('M') ?? '' };
}

/** Behind them comes nothing but the end of the connection. */
async function* lastWords(raw: Buffer, error: TargetFatal): AsyncGenerator<readonly Out[]> {
  yield toClient(raw);
  throw error;
}

function unexpected(type: number): ProtocolError {
  return new ProtocolError('target', `The target sent a message of type 0x${type.toString(16)}, which does not pass the gateway.`);
}
