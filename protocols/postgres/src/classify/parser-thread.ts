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

/** The longest that a text may take on a machine that is busy with other things. */
const WALL_MS = 30_000;

/** Time of its own that the parser may take for a text of that many characters: three times what it needs. */
function budgetMs(length: number): number {
  return Math.min(500 + (length >> 10) * 2, 5_000);
}

/**
 * The PostgreSQL parser on a thread of its own: one text at a time, each with a bound on the
 * processor's time, the short ones first. Whatever breaks the parser costs that text its answer and the thread its life; the
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
    if (this.#ready) void this.#watch(this.#worker, job);
    else this.#after(START_MS, () => this.#fail('The parser did not start.'));
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
        if (this.#job !== undefined) void this.#watch(worker, this.#job);
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

  /** Lets the present text go when the parser has worked on it for too long, or it has waited for the parser to work. */
  async #watch(worker: Worker, job: Job): Promise<void> {
    const late = (): void => this.#fail('The statement took too long to be understood.');
    const budget = budgetMs(job.text.length);
    const until = performance.now() + WALL_MS;
    this.#after(WALL_MS, late);
    const before = await workedMs(worker);
    const look = async (): Promise<void> => {
      this.#after(WALL_MS, late);
      const left = budget - ((await workedMs(worker)) - before);
      if (job !== this.#job) return;
      if (left > 0 && performance.now() < until) this.#after(left, () => void look());
      else late();
    };
    if (job === this.#job) this.#after(budget, () => void look());
  }

  #after(ms: number, act: () => void): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(act, ms).unref(); // the worker keeps the process while it works
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
    const job = this.#job;
    this.#job = undefined;
    job?.done(answer);
    this.#next();
  }
}

/** The processor's time that a worker has used; for one that is gone, more than any bound. */
async function workedMs(worker: Worker): Promise<number> {
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1000;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
