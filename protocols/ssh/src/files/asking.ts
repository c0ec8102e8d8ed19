import type { Denied, Gate, Hold, Out, Ruling, Step } from '@sallyport/core';
import { type FileAction, fileCommand } from './file-command.ts';
import { FileRun } from './file-run.ts';

/** What file transfers ask of a session. */
type FileGate = Pick<Gate, 'command' | 'note' | 'fingerprint'>;

export interface AskingOptions {
  readonly gate: FileGate;
  /** A line for the person at the client, on the channel's standard error: who is asked, or why something is denied. */
  notice?(line: string): void;
}

/** How a ruling is carried out. */
export interface Settling {
  pass(run: FileRun): Step;
  deny(message: string): readonly Out[];
}

const NOT_RUN = { code: 'CANCELLED', message: 'The command was not run: the client left, or the session ended.' };

/** Asks the gate about what a client does with files. At most one waits: the client's direction stands still meanwhile. */
export class Asking {
  readonly #options: AskingOptions;
  readonly #gone = new AbortController();
  #held = false;

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** A command waits for a person. */
  get held(): boolean {
    return this.#held;
  }

  /** Nobody waits for an answer any more. */
  gone(): void {
    this.#gone.abort();
  }

  submit(action: FileAction, settling: Settling): Step {
    const { gate } = this.#options;
    const ruling = gate.command(fileCommand(action, gate));
    const run = new FileRun(ruling.command, gate);
    return ruling.action === 'hold' ? this.#wait(ruling, run, action, settling) : settle(ruling, run, settling);
  }

  async *#wait(hold: Hold, run: FileRun, { context = {} }: FileAction, settling: Settling): AsyncGenerator<readonly Out[]> {
    this.#held = true;
    try {
      const asked = hold.ask(context, this.#gone.signal);
      if (asked.notice !== undefined) this.#options.notice?.(asked.notice);
      const verdict = await asked.outcome;
      if (this.#gone.signal.aborted) {
        asked.cancel(NOT_RUN.message);
        run.finish('failed', NOT_RUN);
        return;
      }
      this.#held = false;
      yield* each(settle(verdict, run, settling));
    } finally {
      this.#held = false;
    }
  }
}

function settle(verdict: Ruling, run: FileRun, { pass, deny }: Settling): Step {
  if (verdict.action === 'allow') return pass(run);
  run.finish('failed', { code: 'DENIED', message: verdict.message });
  return deny(sentence(verdict));
}

/** One line, whatever a rule's message holds. */
function sentence({ message }: Denied): string {
  return message.replace(/\s+/g, ' ').trim();
}

/** A step's pieces inside a step that waits. */
export async function* each(step: Step): AsyncGenerator<readonly Out[]> {
  if (Symbol.asyncIterator in step) yield* step;
  else if (step.length > 0) yield step;
}
