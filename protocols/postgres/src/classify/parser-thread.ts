import { Worker } from 'node:worker_threads';
import type { WorkerAnswer } from './parser-worker.ts';

/** A text may take this long, start of the thread included. */
const DEADLINE_MS = 5_000;
/** Texts that may wait for the parser, and their characters altogether. */
const QUEUE_TEXTS = 1_024;
const QUEUE_CHARACTERS = 16 << 20;
/** Deep expressions recurse: with this much stack, some 100,000 terms. */
const STACK_MB = 16;
const HEAP_MB = 512;

interface Job {
  readonly text: string;
  readonly done: (answer: WorkerAnswer) => void;
}

const refusal = (failure: string): WorkerAnswer => ({ failure, broken: false });

/**
 * The PostgreSQL parser on a thread of its own: one text at a time, each with a deadline. Whatever
 * breaks the parser costs that text its answer and the thread its life; the next text gets a new one.
 */
export class ParserThread {
  readonly #queue: Job[] = [];
  #characters = 0;
  #worker: Worker | undefined;
  #job: Job | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #closed = false;

  /** Never rejects. */
  parse(text: string): Promise<WorkerAnswer> {
    if (this.#closed) return Promise.resolve(refusal('The parser has been shut down.'));
    if (this.#queue.length >= QUEUE_TEXTS || this.#characters + text.length > QUEUE_CHARACTERS) {
      return Promise.resolve(refusal('The parser has too many statements waiting: try again.'));
    }
    return new Promise((done) => {
      this.#queue.push({ text, done });
      this.#characters += text.length;
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const waiting = [...(this.#job ? [this.#job] : []), ...this.#queue.splice(0)];
    this.#job = undefined;
    this.#characters = 0;
    const gone = this.#retire();
    for (const job of waiting) job.done(refusal('The parser has been shut down.'));
    await gone;
  }

  #next(): void {
    if (this.#job !== undefined) return;
    const job = this.#queue.shift();
    if (job === undefined) {
      this.#worker?.unref();
      return;
    }
    this.#characters -= job.text.length;
    this.#job = job;
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#deadline = setTimeout(() => this.#fail('The statement took too long to be understood.'), DEADLINE_MS);
    this.#worker.postMessage(job.text);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./parser-worker.ts', import.meta.url), {
      name: 'sql-parser',
      resourceLimits: { stackSizeMb: STACK_MB, maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.on('message', (answer: WorkerAnswer) => {
      if (worker !== this.#worker) return;
      if ('broken' in answer && answer.broken) void this.#retire();
      this.#settle(answer);
    });
    const lost = (): void => {
      if (worker === this.#worker) this.#fail('The statement broke the parser.');
    };
    worker.on('error', lost);
    worker.on('exit', lost);
    return worker;
  }

  #fail(failure: string): void {
    void this.#retire();
    this.#settle({ failure, broken: true });
  }

  async #retire(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    clearTimeout(this.#deadline);
    await worker?.terminate();
  }

  #settle(answer: WorkerAnswer): void {
    clearTimeout(this.#deadline);
    const job = this.#job;
    this.#job = undefined;
    job?.done(answer);
    this.#next();
  }
}
