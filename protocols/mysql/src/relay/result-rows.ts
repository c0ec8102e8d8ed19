import { GatewayError, type Out, ProtocolError } from '@sallyport/core';
import { readText } from '../codec/character-sets.ts';
import { type ColumnDefinition, renamedColumn } from '../codec/columns.ts';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES, type MyFrame } from '../codec/frames.ts';
import { textCells } from '../codec/rows.ts';
import { statementOf } from './asking.ts';
import type { Conversation } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import { concerns, MAX_MASKED_ROW_BYTES, type MaskedResult, RowMasker } from './row-masker.ts';
import { planRows, type RowPlan } from './row-plan.ts';
import { payloadsIn, type RowRun, renumbered } from './row-run.ts';
import type { Run } from './run.ts';
import { NOTHING, toClient } from './steps.ts';

const VERBATIM: RowPlan = { cells: [], masks: false };

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

  /** Whole rows, one behind the other. */
  run({ raw, rows, inOrder }: RowRun, exchange: Exchange): readonly Out[] {
    const { start, columns } = exchange;
    if (exchange.plan === undefined) throw undescribed();
    if (start.own !== undefined) {
      const { charset = 0 } = columns[0] ?? {};
      for (const payload of payloadsIn(raw)) start.own.row(textsIn(payload, columns), charset);
      return NOTHING;
    }
    if (exchange.muted) {
      commandOf(exchange)?.row(0, rows);
      return NOTHING;
    }
    const numbered = inOrder ? raw : renumbered(raw, exchange.sequence);
    exchange.sequence += rows;
    const data = this.#seen(numbered, exchange, exchange.plan);
    commandOf(exchange)?.row(data.length, rows);
    return toClient(data);
  }

  #seen(rows: Buffer, exchange: Exchange, plan: RowPlan): Buffer {
    if (plan.cells.length === 0) return rows;
    const result = this.#masked(exchange, plan);
    return concerns(rows, 0, rows.length, result) ? this.#masker.mask(rows, result) : rows;
  }

  /** The first frame of a large row. */
  begin(frame: MyFrame, exchange: Exchange): readonly Out[] {
    const { plan, start } = exchange;
    if (plan === undefined) throw undescribed();
    this.#bytes = 0;
    const lookInto = plan.cells.length > 0 || start.own !== undefined;
    this.#parts = lookInto ? [] : undefined;
    commandOf(exchange)?.row(0);
    return this.goOn(frame, exchange);
  }

  goOn(frame: MyFrame, exchange: Exchange): readonly Out[] {
    if (this.#parts === undefined) return this.#verbatim(frame, exchange);
    this.#bytes += frame.payload.length;
    if (this.#bytes > MAX_MASKED_ROW_BYTES) {
      throw new GatewayError(
        'ERR_LIMIT',
        `A row has masked columns and more than ${MAX_MASKED_ROW_BYTES} bytes, which is the most that can be masked: select fewer columns.`,
      );
    }
    this.#parts.push(frame.payload);
    return frame.last ? this.#large(Buffer.concat(this.#parts), exchange) : NOTHING;
  }

  #verbatim({ raw, header, sequence }: MyFrame, exchange: Exchange): readonly Out[] {
    if (exchange.muted) return NOTHING;
    commandOf(exchange)?.row(raw.length, 0);
    if (!header) return toClient(raw);
    const wanted = exchange.sequence & 0xff;
    exchange.sequence += 1;
    if (sequence === wanted) return toClient(raw);
    const renumbered = Buffer.from(raw);
    renumbered[3] = wanted;
    return toClient(renumbered);
  }

  #large(payload: Buffer, exchange: Exchange): readonly Out[] {
    if (exchange.start.own !== undefined)
      throw new GatewayError('ERR_LIMIT', "The target's answer to a question of the gateway is too large.");
    if (exchange.muted) return NOTHING;
    const { plan = VERBATIM } = exchange;
    const data = this.#masker.maskLarge(payload, this.#masked(exchange, plan), exchange.sequence);
    exchange.sequence += Math.floor((data.length - HEADER_BYTES) / MAX_PAYLOAD_BYTES) + 1;
    commandOf(exchange)?.row(data.length, 0);
    return toClient(data);
  }

  #masked(exchange: Exchange, plan: RowPlan): MaskedResult {
    const run = commandOf(exchange);
    if (run === undefined) throw new ProtocolError('target', 'The target sent a row that belongs to no command.');
    const { textMask } = this.#conversation.protection;
    return { columns: exchange.columns, plan, binary: exchange.start.kind !== 'query', run, textMask };
  }
}

function textsIn(payload: Buffer, columns: readonly ColumnDefinition[]): readonly (string | null)[] {
  return textCells(payload, columns.length).map(({ value }, index) => {
    if (value === undefined) return null;
    return readText(value, columns[index]?.charset ?? 0);
  });
}

function commandOf({ start: { run, statement } }: Exchange): Run | undefined {
  return run ?? statement?.cursor;
}

function undescribed(): ProtocolError {
  return new ProtocolError('target', 'The target sent a row without having described it.');
}
