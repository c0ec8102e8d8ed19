import type { Out, Ruling, Step } from '@sallyport/core';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Analysis } from '../classify/analysis.ts';
import { SQLSTATE } from '../errors.ts';
import { commandRecord } from './command-record.ts';
import type { Conversation } from './conversation.ts';
import type { HeldCopy } from './copy-in.ts';
import { lookAtCopy } from './copy-look.ts';
import { type Denial, denialOf } from './denial.ts';
import { Holding } from './holding.ts';
import { type Followed, followNames } from './indirection.ts';
import { type MaskedCopy, type Meaning, maskedCopy, meaningOf, needsCatalogue } from './meaning.ts';
import { UNSURE } from './names.ts';
import { RowPlanner } from './row-planner.ts';
import { Run } from './run.ts';
import type { BoundValues, Portal, Statement } from './statement.ts';
import { each, isPromise } from './steps.ts';
import { WRITTEN_MASK, writesMask } from './written-masks.ts';

/** A command waits while this many answers are owed: a client that sends on without reading keeps nothing here. */
const MAX_OWED = 20_000;

/** A mistyped text: nobody is asked about it, and its author reads what the parser says. */
const SYNTAX_ERROR = '42601';

/** A Query, or the first Execute of a portal: what policy is asked about. */
export interface Request {
  readonly text: string;
  readonly analysis: Analysis;
  readonly rowLimit: number;
  /** For an Execute. */
  readonly portal?: Portal;
  readonly statement?: Statement;
  readonly bound?: BoundValues;
  /** Binds its portal again, where the gateway had to close the group that bound it: see {@link Holding}. */
  rebind?(): readonly Out[];
  /** Forwards it, and owes its answer. */
  pass(run: Run, copy?: HeldCopy): readonly Out[];
  /** Sends what must fail in its place, and owes the denial. */
  refuse(denial: Denial, run: Run): readonly Out[];
}

/** Understands texts, asks the gate about commands and carries rulings out. */
export class Asking {
  readonly holding: Holding;
  readonly #conversation: Conversation;
  readonly #planner: RowPlanner;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#planner = new RowPlanner(conversation);
    this.holding = new Holding(conversation);
  }

  /**
   * Classifies a text and goes on with it. Waits first where the answer to an earlier message may
   * change how the text is read.
   */
  understand(text: string, next: (analysis: Analysis) => Step): Step {
    const { replies, classifier, settings } = this.#conversation;
    if (this.#conversation.unsettled || replies.length > MAX_OWED) return this.drained(() => this.understand(text, next));
    const analysis = classifier.analyse(text, settings);
    return isPromise(analysis) ? this.#after(analysis, next) : next(analysis);
  }

  /** Asks the gate about the command and carries its ruling out. */
  submit(request: Request): Step {
    const { statements, portals, group, catalogue } = this.#conversation;
    if (this.#conversation.unsettled || this.#conversation.replies.length > MAX_OWED) return this.drained(() => this.submit(request));
    const followed = followNames(request.analysis, { statements, portals, group });
    if (followed === UNSURE) return this.drained(() => this.submit(request));
    if (!needsCatalogue(followed.analysis)) return this.#judge(request, followed, undefined);
    const known = catalogue.current();
    if (known !== undefined) return this.#judge(request, followed, known);
    return this.#after(this.#readCatalogue(), (read) => this.#judge(request, followed, read));
  }

  /** Goes on with what a text means at this moment; undefined when that cannot be told. */
  meant(text: string, analysis: Analysis, next: (meaning: Meaning | undefined) => Step): Step {
    if (this.#conversation.unsettled) return this.drained(() => this.meant(text, analysis, next));
    const { catalogue, protection, altered } = this.#conversation;
    const meaning = (known: Catalogue): Meaning => meaningOf({ text, analysis, catalogue: known, protection, uncertain: altered });
    const known = catalogue.current();
    if (known !== undefined) return next(meaning(known));
    return this.#after(this.#readCatalogue(), (read) => next(typeof read === 'string' ? undefined : meaning(read)));
  }

  /** The catalogue, or the sentence that says why nothing can be judged without it. */
  async #readCatalogue(): Promise<Catalogue | string> {
    try {
      return await this.#conversation.catalogue.get();
    } catch (error) {
      return `The command could not be judged, because the target's catalogue could not be read: ${(error as Error).message}`;
    }
  }

  #judge(request: Request, { analysis, indirect }: Followed, catalogue: Catalogue | string | undefined): Step {
    const { gate, protection, database, settings, status, altered } = this.#conversation;
    const failure = typeof catalogue === 'string' ? catalogue : undefined;
    const meaning = meaningOf({
      text: request.text,
      analysis: failure === undefined ? analysis : { ...analysis, failure },
      catalogue: typeof catalogue === 'string' ? undefined : catalogue,
      protection,
      uncertain: altered,
    });
    const { bound, statement, rowLimit } = request;
    const ruling = gate.command(commandRecord(meaning, { database, settings, status, bound, statement, rowLimit, indirect }, gate));
    const run = new Run(ruling.command, meaning, gate);
    const written = !protection.blind && writesMask(meaning, bound, gate);
    const refusal = failure ?? meaning.refusal ?? (written ? WRITTEN_MASK : undefined);
    if (analysis.syntaxError && ruling.action !== 'allow') return this.#refuseItself(request, run, analysis.failure ?? '', SYNTAX_ERROR);
    if (refusal !== undefined && ruling.action !== 'deny') return this.#refuseItself(request, run, refusal);
    const settle = (verdict: Ruling, copy?: HeldCopy): Step =>
      verdict.action === 'allow' ? this.#pass(request, run, copy) : refuse(request, run, denialOf(verdict));
    return ruling.action === 'hold' ? this.holding.carryOut(request, run, ruling, settle) : settle(ruling);
  }

  #pass(request: Request, run: Run, held?: HeldCopy): Step {
    const copy = maskedCopy(run.meaning.statements, this.#conversation.protection);
    // In a failed transaction the target refuses whatever comes.
    return copy === undefined || this.#conversation.status === 'E' ? request.pass(run, held) : this.#passCopy(request, run, copy);
  }

  /** A COPY TO STDOUT goes to the target when it is known what its columns are. */
  async *#passCopy(request: Request, run: Run, copy: MaskedCopy): AsyncGenerator<readonly Out[]> {
    const look = yield* lookAtCopy(this.#conversation, copy, run.meaning.telling);
    if (look === undefined) return run.finish('unknown');
    if ('fields' in look) {
      run.copy = { format: copy.format, fields: look.fields, plan: await this.#planner.plan(run, 0, look.fields) };
      yield request.pass(run);
    } else if (look.told) run.finish('failed', look.error);
    else yield refuse(request, run, { sqlState: look.error.code, message: look.error.message });
  }

  /** No rule forbids it, but the gateway cannot keep its promises about it. */
  #refuseItself(request: Request, run: Run, message: string, sqlState: string = SQLSTATE.denied): readonly Out[] {
    this.#conversation.gate.note({ type: 'refused', command: run.command, message });
    return refuse(request, run, { sqlState, message });
  }

  /** Goes on when nothing is in flight any more. */
  async *drained(next: () => Step): AsyncGenerator<readonly Out[]> {
    yield* this.#conversation.drain();
    if (!this.#void()) yield* each(next());
  }

  async *#after<T>(wait: Promise<T>, next: (value: T) => Step): AsyncGenerator<readonly Out[]> {
    const value = await this.#conversation.unless(this.#conversation.over.signal, wait);
    if (value !== undefined && !this.#void()) yield* each(next(value));
  }

  /** The session is over, or an error came meanwhile and the target would skip the message. */
  #void(): boolean {
    return this.#conversation.over.signal.aborted || this.#conversation.skipping;
  }
}

function refuse(request: Request, run: Run, denial: Denial): readonly Out[] {
  run.finish('failed', { code: denial.sqlState, message: denial.message });
  return request.refuse(denial, run);
}
