import { GatewayError, ProtocolError, type Step } from '@sallyport/core';
import type { PgFrame } from '../codec/frames.ts';
import { decodeRowDescription, type Field } from '../codec/rows.ts';
import { CellEditor } from './cell-editor.ts';
import type { Conversation } from './conversation.ts';
import type { Reply } from './replies.ts';
import { MAX_MASKED_ROW_BYTES, RowMasker } from './row-masker.ts';
import type { RowPlan } from './row-plan.ts';
import { RowPlanner } from './row-planner.ts';
import { each, isPromise, NOTHING, toClient } from './steps.ts';

/** Result rows on their way to the client: verbatim, or with the masked cells rewritten. */
export class ResultRows {
  readonly #conversation: Conversation;
  readonly #planner: RowPlanner;
  readonly #masker = new RowMasker();
  /** The present large row: undefined while its parts pass. */
  #parts: Buffer[] | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#planner = new RowPlanner(conversation);
  }

  /** RowDescription of a Query's statement. */
  described(raw: Buffer, reply: Reply): Step {
    if (this.#conversation.protection.blind || reply.run === undefined) return toClient(raw);
    return this.#planned(reply, decodeRowDescription(raw).fields, () => toClient(raw));
  }

  /** A DataRow, or a part of one. */
  row(frame: PgFrame, reply: Reply): Step {
    if (typeof reply.own === 'object') return this.#ownRow(frame, reply);
    if (!frame.first) return this.#nextPart(frame, reply);
    if (reply.editor !== undefined) return this.#firstPart(frame, reply, reply.editor);
    if (this.#conversation.protection.blind) return this.#verbatim(frame, reply);
    const fields = reply.portal?.fields;
    if (reply.kind !== 'execute' || fields === undefined)
      throw new ProtocolError('target', 'The target sent a row without having described it.');
    return this.#planned(reply, fields, (editor) => this.#firstPart(frame, reply, editor));
  }

  #ownRow(frame: PgFrame, { own }: Reply): Step {
    if (!frame.last) throw new GatewayError('ERR_LIMIT', "The target's answer to a question of the gateway is too large.");
    if (typeof own === 'object') for (const raw of messagesIn(frame)) own.row?.(raw);
    return NOTHING;
  }

  #verbatim({ raw, size, messages = 1 }: PgFrame, reply: Reply): Step {
    reply.run?.rows(messages, size);
    this.#parts = undefined;
    return toClient(raw);
  }

  #firstPart(frame: PgFrame, reply: Reply, editor: CellEditor): Step {
    const { raw, last, size } = frame;
    if (editor.plan.cells.length === 0) return this.#verbatim(frame, reply);
    if (last)
      return editor.concerns(raw, 0, raw.length) ? this.#masked(raw, frame.messages ?? 1, reply, editor) : this.#verbatim(frame, reply);
    if (size > MAX_MASKED_ROW_BYTES) {
      throw new GatewayError(
        'ERR_LIMIT',
        `A row of ${size} bytes has columns to mask, and rows up to ${MAX_MASKED_ROW_BYTES} bytes can be masked: select fewer columns.`,
      );
    }
    this.#parts = [raw];
    return NOTHING;
  }

  #nextPart({ raw, last }: PgFrame, reply: Reply): Step {
    if (this.#parts === undefined) return toClient(raw);
    this.#parts.push(raw);
    if (!last) return NOTHING;
    const whole = Buffer.concat(this.#parts);
    this.#parts = undefined;
    if (reply.editor === undefined) throw belongsToNothing();
    return this.#masked(whole, 1, reply, reply.editor);
  }

  #masked(rows: Buffer, count: number, { run }: Reply, editor: CellEditor): Step {
    const seen = this.#masker.mask(rows, editor);
    run?.rows(count, seen.length);
    return toClient(seen);
  }

  /** Decides on a result's masks once. */
  #planned(reply: Reply, fields: readonly Field[], next: (editor: CellEditor) => Step): Step {
    const { run, done } = reply;
    if (run === undefined) throw belongsToNothing();
    const { textMask } = this.#conversation.protection;
    const go = (plan: RowPlan): Step => {
      const editor = new CellEditor(plan, textMask, run);
      reply.editor = editor;
      return next(editor);
    };
    const plan = this.#planner.plan(run, done, fields);
    if (!isPromise(plan)) return go(plan);
    return (async function* () {
      yield* each(go(await plan));
    })();
  }
}

/** The messages of a frame that may be a run. */
function* messagesIn({ raw, messages = 1 }: PgFrame): Generator<Buffer> {
  if (messages === 1) yield raw;
  else
    for (let at = 0, size = 0; at < raw.length; at += size) {
      size = raw.readInt32BE(at + 1) + 1;
      yield raw.subarray(at, at + size);
    }
}

function belongsToNothing(): ProtocolError {
  return new ProtocolError('target', 'The target sent a row that belongs to no command.');
}
