import type { Field } from '../codec/rows.ts';
import type { Conversation } from './conversation.ts';
import { type PlanInputs, planRows, type RowPlan, unknownOrigins } from './row-plan.ts';
import type { Run } from './run.ts';

/** Relations without an entry in the catalogue that are remembered: temporary ones, mostly. */
const MAX_LOOKED_UP = 10_000;

/** Decides on the masks of results, reading the catalogue again for origins that it does not know. */
export class RowPlanner {
  readonly #conversation: Conversation;
  /** OIDs that the catalogue was read again for. */
  readonly #lookedUp = new Set<number>();

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /** @param statement index of the run's statement that gives the result */
  plan(run: Run | undefined, statement: number, fields: readonly Field[]): RowPlan | Promise<RowPlan> {
    const { protection, catalogue } = this.#conversation;
    const inputs: PlanInputs = {
      fields,
      statement: run?.meaning.statements[statement],
      catalogue: run?.meaning.catalogue ?? catalogue.current(),
      protection,
    };
    const unknown = unknownOrigins(inputs).filter((oid) => !this.#lookedUp.has(oid));
    return unknown.length === 0 ? planRows(inputs) : this.#lookAgain(inputs, unknown);
  }

  async #lookAgain(inputs: PlanInputs, unknown: readonly number[]): Promise<RowPlan> {
    const { catalogue } = this.#conversation;
    if (this.#lookedUp.size > MAX_LOOKED_UP) this.#lookedUp.clear();
    for (const oid of unknown) this.#lookedUp.add(oid);
    catalogue.invalidate();
    try {
      return planRows({ ...inputs, catalogue: await catalogue.get() });
    } catch {
      return planRows(inputs); // what is unknown is masked
    }
  }
}
