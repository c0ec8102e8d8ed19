import { createHash, type Hash } from 'node:crypto';
import { type Out, ProtocolError, type Step } from '@sallyport/core';
import { BodyReader } from '../codec/body-reader.ts';
import type { PgFrame } from '../codec/frames.ts';
import { FRONTEND } from '../codec/message-types.ts';
import type { Conversation } from './conversation.ts';
import { type Denial, FAILING_QUERY } from './denial.ts';
import type { ExtendedQuery } from './extended-query.ts';
import type { BoundValues } from './statement.ts';
import { NOTHING, toTarget } from './steps.ts';

/** A text is judged as a whole, so it is kept as a whole: a bound for what one session may make us keep. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;
const TOO_LARGE: Denial = {
  sqlState: '54000',
  message: `The statement is larger than ${MAX_TEXT_BYTES} bytes: use COPY or parameters for data.`,
};

/** Messages above 1 MiB. Texts are put together, bound values are streamed. */
export class LargeMessages {
  readonly #conversation: Conversation;
  readonly #extended: ExtendedQuery;
  /** What becomes of the parts of the present message. */
  #part: (frame: PgFrame) => Step = () => NOTHING;

  constructor(conversation: Conversation, extended: ExtendedQuery) {
    this.#conversation = conversation;
    this.#extended = extended;
  }

  /** @param message takes a message that was put together. */
  part(frame: PgFrame, message: (whole: PgFrame) => Step): Step {
    if (frame.first) this.#part = this.#begin(frame, message);
    return this.#part(frame);
  }

  #begin(frame: PgFrame, message: (whole: PgFrame) => Step): (frame: PgFrame) => Step {
    if (this.#conversation.skipping) return () => NOTHING;
    if (this.#conversation.copying) throw new ProtocolError('client', 'The client sent a command in the middle of a COPY.');
    if (frame.type === FRONTEND.Bind) return this.#streamed();
    if (frame.size > MAX_TEXT_BYTES) return ({ last, type }) => (last ? this.#refuse(type) : NOTHING);
    const whole = Buffer.allocUnsafe(frame.size);
    let bytes = 0;
    return ({ raw, last, type, size }) => {
      bytes += raw.copy(whole, bytes);
      return last ? message({ raw: whole, first: true, last: true, type, size }) : NOTHING;
    };
  }

  #refuse(type: number): Step {
    const { gate, replies } = this.#conversation;
    gate.note({ type: 'refused', message: TOO_LARGE.message });
    if (type === FRONTEND.Parse) return this.#extended.refuseParse(TOO_LARGE);
    this.#conversation.group += 1;
    replies.push({ kind: 'query', exposed: false, denial: TOO_LARGE });
    return toTarget(FAILING_QUERY);
  }

  /**
   * Bound values pass as they come. What is approved and recorded of them is one digest; where no
   * mask concerns the session, the bytes are recorded too.
   */
  #streamed(): (frame: PgFrame) => Step {
    const { gate, protection } = this.#conversation;
    const hash = createHash('sha256');
    const bound = { formats: [], values: [] as Buffer[], resultFormats: [] } satisfies BoundValues;
    let sent = false;
    return (frame) => {
      hash.update(frame.raw);
      if (protection.blind) gate.record('client', frame.raw);
      if (frame.last) bound.values.push(digestValue(hash, frame.size));
      if (!frame.first) return sent ? toTarget(frame.raw) : NOTHING;
      const names = new BodyReader(frame.raw, 'client', 'Bind');
      const step = this.#extended.bound({ portal: names.cstring(), statement: names.cstring() }, bound, frame.raw, undefined);
      return watched(step, frame.raw, () => {
        sent = true;
      });
    };
  }
}

/** Tells when `raw` went out: the parts of a message that was dropped must not follow. */
function watched(step: Step, raw: Buffer, sent: () => void): Step {
  const look = (outs: readonly Out[]): readonly Out[] => {
    if (outs.some((out) => out.data === raw)) sent();
    return outs;
  };
  if (!(Symbol.asyncIterator in step)) return look(step);
  return (async function* () {
    for await (const outs of step) yield look(outs);
  })();
}

function digestValue(hash: Hash, size: number): Buffer {
  return Buffer.from(`<values of a Bind message of ${size} bytes, sha256 ${hash.digest('hex')}>`);
}
