import { GatewayError, ProtocolError, type Step } from '@sallyport/core';
import { renamedColumn } from '../codec/columns.ts';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES, type MyFrame } from '../codec/frames.ts';
import { textCells } from '../codec/rows.ts';
import { statementOf } from './asking.ts';
import type { Conversation } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import { MAX_MASKED_ROW_BYTES, RowMasker } from './row-masker.ts';
import { planRows, type RowPlan } from './row-plan.ts';
import { NOTHING, toClient } from './steps.ts';

const VERBATIM: RowPlan = [];

/** Result rows on their way to the client: verbatim, or with the masked cells rewritten. */
export class ResultRows {
  readonly #conversation: Conversation;
  readonly #masker = new RowMasker();
  /** Payload of the present row, where it is looked into; undefined while its parts pass. */
  #parts: Buffer[] | undefined;
  #bytes = 0;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /** Decides on a result's masks, once its columns are known. */
  plan(exchange: Exchange): void {
    const { protection, schema } = this.#conversation;
    const { run } = exchange.start;
    if ((protection.none && protection.textMask === undefined) || run === undefined) {
      exchange.plan = VERBATIM;
      return;
    }
    const statement = statementOf(run.meaning, exchange.results);
    exchange.plan = planRows({
      columns: exchange.columns,
      statement: statement?.analysis,
      exposed: !protection.none && (statement?.exposed ?? run.meaning.exposed),
      schema: statement?.certain === false ? undefined : (run.meaning.schema ?? schema.current()),
      protection,
    });
  }

  /**
   * A column's definition as the client sees it. Where code that is not the client's text made the result, it has named the
   * columns too, perhaps by values: those are numbered.
   */
  definition(payload: Buffer, exchange: Exchange): Buffer {
    const { run } = exchange.start;
    if (run === undefined || !run.meaning.exposed) return payload;
    const statement = statementOf(run.meaning, exchange.results);
    const named = statement !== undefined && (!statement.exposed || !statement.analysis.opaque || statement.analysis.outputs !== undefined);
    return named ? payload : renamedColumn(payload, `column ${exchange.columns.length}`);
  }

  /** The first frame of a row. */
  begin(frame: MyFrame, exchange: Exchange): Step {
    const { plan, start } = exchange;
    if (plan === undefined) throw new ProtocolError('target', 'The target sent a row without having described it.');
    this.#bytes = 0;
    const lookInto = plan.length > 0 || start.own !== undefined;
    this.#parts = lookInto ? [] : undefined;
    (start.run ?? start.statement?.cursor)?.row(0);
    return this.goOn(frame, exchange);
  }

  goOn(frame: MyFrame, exchange: Exchange): Step {
    if (this.#parts === undefined) return this.#verbatim(frame, exchange);
    this.#bytes += frame.payload.length;
    if (this.#bytes > MAX_MASKED_ROW_BYTES) {
      throw new GatewayError(
        'ERR_LIMIT',
        `A row has masked columns and more than ${MAX_MASKED_ROW_BYTES} bytes, which is the most that can be masked: select fewer columns.`,
      );
    }
    this.#parts.push(frame.payload);
    return frame.last ? this.#whole(this.#parts.length === 1 ? frame.payload : Buffer.concat(this.#parts), exchange) : NOTHING;
  }

  #verbatim({ raw, header, sequence }: MyFrame, exchange: Exchange): Step {
    if (exchange.muted) return NOTHING;
    (exchange.start.run ?? exchange.start.statement?.cursor)?.row(raw.length, 0);
    if (!header) return toClient(raw);
    const wanted = exchange.sequence & 0xff;
    exchange.sequence += 1;
    if (sequence === wanted) return toClient(raw);
    const renumbered = Buffer.from(raw);
    renumbered[3] = wanted;
    return toClient(renumbered);
  }

  #whole(payload: Buffer, exchange: Exchange): Step {
    const { own, kind, run, statement } = exchange.start;
    if (own !== undefined) {
      own.row(textCells(payload, exchange.columns.length).map(({ value }) => value?.toString() ?? null));
      return NOTHING;
    }
    const command = run ?? statement?.cursor;
    if (command === undefined) throw new ProtocolError('target', 'The target sent a row that belongs to no command.');
    if (exchange.muted) return NOTHING;
    const { columns, plan = VERBATIM } = exchange;
    const { textMask } = this.#conversation.protection;
    const data = this.#masker.mask(payload, { columns, plan, binary: kind !== 'query', run: command, textMask }, exchange.sequence);
    exchange.sequence += Math.floor((data.length - HEADER_BYTES) / MAX_PAYLOAD_BYTES) + 1;
    command.row(data.length, 0);
    return toClient(data);
  }
}
