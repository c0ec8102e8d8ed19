import { Worker } from 'node:worker_threads';
import type { WorkerAnswer, WorkerMessage } from './parser-worker.ts';
import { TextQueue } from './text-queue.ts';

/** The thread may take this long until it takes texts. */
const START_MS = 10_000;
/** Deep expressions recurse: with this much stack, some 100,000 terms. */
const STACK_MB = 16;
const HEAP_MB = 512;

interface Job {
  readonly text: string;
  readonly done: (answer: WorkerAnswer) => void;
}

const refusal = (failure: string): WorkerAnswer => ({ failure, broken: false });
const TOO_MANY = refusal('The parser has too many statements waiting: try again.');
const CLOSED = refusal('The parser has been shut down.');

/** How long the parser may take for a text of that many characters: three times what it needs on a slow machine. */
function deadlineMs(length: number): number {
  return Math.min(500 + (length >> 10) * 2, 5_000);
}

/**
 * The PostgreSQL parser on a thread of its own: one text at a time, each with a deadline, the short
 * ones first. Whatever breaks the parser costs that text its answer and the thread its life; the
 * next text gets a new one.
 */
export class ParserThread {
  readonly #queue = new TextQueue<Job>();
  #worker: Worker | undefined;
  /** The worker has said that it takes texts. */
  #ready = false;
  #job: Job | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #closed = false;

  /** Never rejects. */
  parse(text: string): Promise<WorkerAnswer> {
    if (this.#closed) return Promise.resolve(CLOSED);
    return new Promise((done) => {
      this.#queue.push({ text, done }, text.length)?.done(TOO_MANY);
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const waiting = [...(this.#job ? [this.#job] : []), ...this.#queue.clear()];
    this.#job = undefined;
    const gone = this.#retire();
    for (const job of waiting) job.done(CLOSED);
    await gone;
  }

  #next(): void {
    if (this.#job !== undefined) return;
    const job = this.#queue.shift();
    if (job === undefined) {
      this.#worker?.unref();
      return;
    }
    this.#job = job;
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage(job.text);
    if (this.#ready) this.#allow(deadlineMs(job.text.length));
    else this.#allow(START_MS);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./parser-worker.ts', import.meta.url), {
      name: 'sql-parser',
      resourceLimits: { stackSizeMb: STACK_MB, maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.on('message', (message: WorkerMessage) => {
      if (worker !== this.#worker) return;
      if (message === 'ready') {
        this.#ready = true;
        if (this.#job !== undefined) this.#allow(deadlineMs(this.#job.text.length));
        return;
      }
      if ('broken' in message && message.broken) void this.#retire();
      this.#settle(message);
    });
    const lost = (): void => {
      if (worker === this.#worker) this.#fail('The statement broke the parser.');
    };
    worker.on('error', lost);
    worker.on('exit', lost);
    return worker;
  }

  /** Gives the present text that long from now on. */
  #allow(ms: number): void {
    clearTimeout(this.#deadline);
    const deadline = setTimeout(() => {
      // An answer that came while this thread was busy is read first.
      setImmediate(() => {
        if (deadline === this.#deadline) this.#fail('The statement took too long to be understood.');
      });
    }, ms);
    this.#deadline = deadline;
  }

  #fail(failure: string): void {
    void this.#retire();
    this.#settle({ failure, broken: true });
  }

  async #retire(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#ready = false;
    clearTimeout(this.#deadline);
    await worker?.terminate();
  }

  #settle(answer: WorkerAnswer): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    const job = this.#job;
    this.#job = undefined;
    job?.done(answer);
    this.#next();
  }
}
