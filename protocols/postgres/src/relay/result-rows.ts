import { GatewayError, ProtocolError, type Step } from '@sallyport/core';
import type { PgFrame } from '../codec/frames.ts';
import { decodeRowDescription, type Field } from '../codec/rows.ts';
import type { Conversation } from './conversation.ts';
import type { Reply } from './replies.ts';
import { MAX_MASKED_ROW_BYTES, RowMasker } from './row-masker.ts';
import type { RowPlan } from './row-plan.ts';
import { RowPlanner } from './row-planner.ts';
import { each, isPromise, NOTHING, toClient } from './steps.ts';

const VERBATIM: RowPlan = [];

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
    if (this.#conversation.protection.none || reply.run === undefined) return toClient(raw);
    return this.#planned(reply, decodeRowDescription(raw).fields, () => toClient(raw));
  }

  /** A DataRow, or a part of one. */
  row(frame: PgFrame, reply: Reply): Step {
    if (typeof reply.own === 'object') return this.#ownRow(frame, reply);
    if (!frame.first) return this.#nextPart(frame, reply);
    if (reply.plan !== undefined) return this.#firstPart(frame, reply, reply.plan);
    if (this.#conversation.protection.none) return this.#firstPart(frame, reply, VERBATIM);
    const fields = reply.portal?.fields;
    if (reply.kind !== 'execute' || fields === undefined)
      throw new ProtocolError('target', 'The target sent a row without having described it.');
    return this.#planned(reply, fields, (plan) => this.#firstPart(frame, reply, plan));
  }

  #ownRow(frame: PgFrame, { own }: Reply): Step {
    if (!frame.last) throw new GatewayError('ERR_LIMIT', "The target's answer to a question of the gateway is too large.");
    if (typeof own === 'object') own.row?.(frame.raw);
    return NOTHING;
  }

  #firstPart(frame: PgFrame, reply: Reply, plan: RowPlan): Step {
    const { raw, last, size } = frame;
    if (plan.length === 0) {
      reply.run?.row(size);
      this.#parts = undefined;
      return toClient(raw);
    }
    if (last) return this.#masked(raw, reply, plan);
    if (size > MAX_MASKED_ROW_BYTES) {
      throw new GatewayError(
        'ERR_LIMIT',
        `A row of ${size} bytes has masked columns, and rows up to ${MAX_MASKED_ROW_BYTES} bytes can be masked: select fewer columns.`,
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
    return this.#masked(whole, reply, reply.plan ?? VERBATIM);
  }

  #masked(raw: Buffer, reply: Reply, plan: RowPlan): Step {
    if (reply.run === undefined) throw new ProtocolError('target', 'The target sent a row that belongs to no command.');
    const row = this.#masker.mask(raw, plan, reply.run);
    reply.run.row(row.length);
    return toClient(row);
  }

  /** Decides on a result's masks once. */
  #planned(reply: Reply, fields: readonly Field[], next: (plan: RowPlan) => Step): Step {
    const plan = this.#planner.plan(reply.run, reply.done, fields);
    const go = (decided: RowPlan): Step => {
      reply.plan = decided;
      return next(decided);
    };
    if (!isPromise(plan)) return go(plan);
    return (async function* () {
      yield* each(go(await plan));
    })();
  }
}
