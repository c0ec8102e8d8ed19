import { GatewayError, type Out, ProtocolError, type Step } from '@sallyport/core';
import type { PgFrame } from '../codec/frames.ts';
import { FRONTEND } from '../codec/message-types.ts';
import { Asking } from './asking.ts';
import { type Conversation, NOTHING_OPEN } from './conversation.ts';
import { CopyStream } from './copy-stream.ts';
import { FAILING_QUERY } from './denial.ts';
import { ExtendedQuery } from './extended-query.ts';
import { LargeMessages } from './large-messages.ts';
import { simpleQuery } from './simple-query.ts';
import { each, NOTHING, toTarget } from './steps.ts';

/** Answers that may be owed at once: the client's direction then waits for them. */
const MAX_OWED = 4_096;

/** The client's direction: every message is understood, judged where it is a command, or refused. */
export class ClientSide {
  readonly asking: Asking;
  readonly #conversation: Conversation;
  readonly #extended: ExtendedQuery;
  readonly #copy: CopyStream;
  readonly #large: LargeMessages;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.asking = new Asking(conversation);
    this.#extended = new ExtendedQuery(conversation, this.asking);
    this.#copy = new CopyStream(conversation, this.asking.holding);
    this.#large = new LargeMessages(conversation, this.#extended);
  }

  take(frame: PgFrame): Step {
    if (frame.type === FRONTEND.CopyData) return this.#copy.data(frame);
    const step = frame.first && frame.last ? this.#message(frame) : this.#large.part(frame, (whole) => this.#message(whole));
    return this.#conversation.replies.length < MAX_OWED ? step : this.#answered(step);
  }

  /** The step, and then all answers. A COPY among them would wait for data that is still to be read here. */
  async *#answered(step: Step): AsyncGenerator<readonly Out[]> {
    yield* each(step);
    if (this.#conversation.replies.copying !== undefined)
      throw new GatewayError('ERR_LIMIT', `The client sent more than ${MAX_OWED} messages around a COPY without waiting for an answer.`);
    yield* this.#conversation.drain();
  }

  #message(frame: PgFrame): Step {
    const conversation = this.#conversation;
    if (frame.type === FRONTEND.Terminate) return toTarget(frame.raw);
    // The target reads and drops these, so nothing is asked about them either.
    if (conversation.skipping && frame.type !== FRONTEND.Sync) return NOTHING;
    if (conversation.copying) return this.#copy.message(frame);
    switch (frame.type) {
      case FRONTEND.Query:
        return simpleQuery(conversation, this.asking, frame);
      case FRONTEND.Parse:
        return this.#extended.parse(frame);
      case FRONTEND.Bind:
        return this.#extended.bind(frame);
      case FRONTEND.Describe:
        return this.#extended.describe(frame);
      case FRONTEND.Execute:
        return this.#extended.execute(frame);
      case FRONTEND.Close:
        return this.#extended.close(frame);
      case FRONTEND.Sync:
        return this.#sync(frame);
      case FRONTEND.Flush:
        return toTarget(frame.raw);
      case FRONTEND.CopyDone:
      case FRONTEND.CopyFail:
        return this.#copy.message(frame);
      case FRONTEND.FunctionCall:
        return this.#functionCall();
      default:
        throw new ProtocolError(
          'client',
          `The client sent a message of type 0x${frame.type.toString(16)}, which has no place in a session.`,
        );
    }
  }

  #sync(frame: PgFrame): Step {
    const conversation = this.#conversation;
    conversation.skipping = false;
    conversation.group += 1;
    conversation.open = NOTHING_OPEN;
    conversation.replies.push({ kind: 'sync', exposed: false, early: conversation.replies.last?.copies?.[0]?.state === 'awaited' });
    return toTarget(frame.raw);
  }

  /** It runs any function by its OID, past every rule. */
  #functionCall(): Step {
    const message = 'FunctionCall messages do not pass the gateway: call the function with SELECT.';
    this.#conversation.gate.note({ type: 'refused', message });
    this.#conversation.group += 1;
    this.#conversation.replies.push({ kind: 'query', exposed: false, denial: { sqlState: '42501', message } });
    return toTarget(FAILING_QUERY);
  }
}
