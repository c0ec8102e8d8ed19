import { type Out, ProtocolError, type Step } from '@sallyport/core';
import { encodeCopyFail } from '../codec/copy.ts';
import type { PgFrame } from '../codec/frames.ts';
import { FRONTEND } from '../codec/message-types.ts';
import { SQLSTATE } from '../errors.ts';
import type { Conversation } from './conversation.ts';
import type { CopyIn } from './copy-in.ts';
import { denialOf } from './denial.ts';
import type { Holding } from './holding.ts';
import { type Reply, takingData } from './replies.ts';
import { each, NOTHING, toTarget } from './steps.ts';
import { WRITTEN_MASK } from './written-masks.ts';

/** The client's part of a COPY FROM STDIN. */
export class CopyStream {
  readonly #conversation: Conversation;
  readonly #holding: Holding;
  /** The parts of a large CopyData belong together, whatever comes between. */
  #into: CopyIn | undefined;

  constructor(conversation: Conversation, holding: Holding) {
    this.#conversation = conversation;
    this.#holding = holding;
  }

  /** CopyData, also in parts. Without a COPY it is left over from one that failed: the target would drop it. */
  data(frame: PgFrame): Step {
    if (frame.first) {
      const reply = this.#conversation.replies.copying;
      this.#into = reply && takingData(reply);
    }
    if (this.#into === undefined) return NOTHING;
    this.#into.data(frame.raw, frame.first);
    return toTarget(frame.raw);
  }

  /** Any other message while data may be sent. */
  message(frame: PgFrame): Step {
    const reply = this.#conversation.replies.copying;
    const copyIn = reply && takingData(reply);
    switch (frame.type) {
      case FRONTEND.CopyDone:
        return reply === undefined || copyIn === undefined ? NOTHING : this.#done(reply, copyIn, frame);
      case FRONTEND.CopyFail:
        if (copyIn === undefined) return NOTHING;
        copyIn.end();
        return toTarget(frame.raw);
      case FRONTEND.Flush:
      case FRONTEND.Sync:
        return NOTHING; // the target reads and drops them during COPY
      default:
        throw new ProtocolError('client', `The client sent a message of type 0x${frame.type.toString(16)} in the middle of a COPY.`);
    }
  }

  #done(reply: Reply, copyIn: CopyIn, frame: PgFrame): Step {
    copyIn.end();
    if (copyIn.carriesMask) return this.#refuse(copyIn, WRITTEN_MASK);
    return copyIn.held === undefined ? toTarget(frame.raw) : this.#held(reply, copyIn, frame);
  }

  /** The target gives the whole COPY up. */
  #refuse(copyIn: CopyIn, message: string): Step {
    copyIn.denial = { sqlState: SQLSTATE.denied, message };
    this.#conversation.gate.note({ type: 'refused', message });
    return toTarget(encodeCopyFail('refused by the gateway'));
  }

  async *#held(reply: Reply, copyIn: CopyIn, frame: PgFrame): AsyncGenerator<readonly Out[]> {
    if (copyIn.held === undefined || this.#conversation.gone.signal.aborted) return;
    const verdict = yield* this.#holding.askAboutCopy(copyIn.held, copyIn.facts());
    if (this.#conversation.gone.signal.aborted) return;
    if (verdict.action === 'allow') yield* each(toTarget(frame.raw));
    else {
      reply.denial = denialOf(verdict);
      yield toTarget(encodeCopyFail('denied by the gateway'));
    }
  }
}
