import type { Denied, Out, Ruling, Step } from '@sallyport/core';
import type { Analysis, ParserSettings } from '../classify/analysis.ts';
import type { Err } from '../codec/responses.ts';
import type { Parameter } from '../codec/statements.ts';
import { errOf } from '../errors.ts';
import { commandRecord, parameterText } from './command-record.ts';
import type { Conversation } from './conversation.ts';
import { Holding } from './holding.ts';
import { followPrepared, type Meaning, meaningOf, needsSchema } from './meaning.ts';
import { Run } from './run.ts';
import type { Schema } from './schema.ts';
import { each } from './steps.ts';
import { carriesMaskIn } from './written-masks.ts';

/** A statement of the client's: what policy is asked about. */
export interface Request {
  readonly text: string;
  /** The command as it came, exactly. */
  readonly bytes: Buffer | string;
  readonly analysis: Analysis;
  readonly settings: ParserSettings;
  /** For a prepared statement. */
  readonly parameters?: readonly Parameter[];
  readonly flags?: number;
  /** Forwards it, and owes its answer. */
  pass(run: Run): readonly Out[];
}

/** Understands texts, asks the gate about commands and carries rulings out. The target owes nothing meanwhile. */
export class Asking {
  readonly holding: Holding;
  readonly #conversation: Conversation;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.holding = new Holding(conversation);
  }

  /** Classifies a text and goes on with it. Asks first where an earlier command may have changed how it is read. */
  understand(bytes: Buffer, next: (text: string, analysis: Analysis, settings: ParserSettings) => Step): Step {
    return this.settled((settings) => {
      const text = bytes.toString(settings.characterSet === 'latin1' ? 'latin1' : 'utf8');
      return next(text, this.#conversation.analyse(text, settings), settings);
    });
  }

  /** Goes on with how the session reads texts. */
  settled(next: (settings: ParserSettings) => Step): Step {
    const conversation = this.#conversation;
    return conversation.unsettled ? this.#settle(() => next(conversation.settings)) : next(conversation.settings);
  }

  /** Asks the gate about the command and carries its ruling out. */
  submit(request: Request): Step {
    const { protection, schema, prepared } = this.#conversation;
    const analysis = followPrepared(request.analysis, prepared);
    if (protection.none || !needsSchema(analysis)) return this.#judge(request, analysis, undefined);
    const known = schema.current();
    return known === undefined ? this.#withSchema(request, analysis) : this.#judge(request, analysis, known);
  }

  async *#settle(next: () => Step): AsyncGenerator<readonly Out[]> {
    const conversation = this.#conversation;
    const context = yield* conversation.look();
    if (conversation.over.signal.aborted) return;
    // A target that does not say: the next text is read in the dark, which the classifier refuses.
    conversation.settle(context);
    yield* each(next());
    conversation.unsettled ||= context === undefined;
  }

  async *#withSchema(request: Request, analysis: Analysis): AsyncGenerator<readonly Out[]> {
    const schema = await this.#conversation.readSchema();
    if (!this.#conversation.over.signal.aborted) yield* each(this.#judge(request, analysis, schema));
  }

  #judge(request: Request, analysis: Analysis, schema: Schema | undefined): Step {
    const { gate, protection, databases, status } = this.#conversation;
    const { text, bytes, settings, parameters = [], flags = 0 } = request;
    const carriesMask =
      !protection.none && (carriesMaskIn(text, settings, gate) || parameters.some((parameter) => gate.isMask(parameterText(parameter))));
    const meaning = meaningOf({
      text,
      analysis,
      schema,
      protection,
      carriesMask,
      closed: (name) => databases.refusal(name, settings.foldNames),
    });
    const ruling = gate.command(commandRecord(meaning, { bytes, settings, status, parameters, flags }, gate, protection));
    const run = new Run(ruling.command, meaning, gate);
    if (meaning.refusal !== undefined && ruling.action !== 'deny') return this.#refuse(run, meaning.refusal);
    const settle = (verdict: Ruling): Step => (verdict.action === 'allow' ? request.pass(run) : this.#deny(run, verdict));
    return ruling.action === 'hold' ? this.holding.carryOut(run, ruling, settle) : settle(ruling);
  }

  #deny(run: Run, { cause, message }: Denied): readonly Out[] {
    return this.#fail(run, errOf(cause, message));
  }

  /** No rule forbids it, but the gateway cannot keep its promises about it. */
  #refuse(run: Run, message: string): readonly Out[] {
    this.#conversation.gate.note({ type: 'refused', command: run.command, message });
    return this.#fail(run, errOf('denied', message));
  }

  #fail(run: Run, err: Err): readonly Out[] {
    run.finish('failed', { code: String(err.code), message: err.message });
    return this.#conversation.fail(err);
  }
}

/** What a result of the command's `index`-th statement shows. A CALL has any number of results. */
export function statementOf({ statements }: Meaning, index: number): Meaning['statements'][number] | undefined {
  if (statements.length === 1) return statements[0];
  return statements.some(({ analysis }) => analysis.opaque || analysis.class.includes('unknown')) ? undefined : statements[index];
}
