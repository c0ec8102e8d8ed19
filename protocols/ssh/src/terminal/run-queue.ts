import type { CountHit, TextMask, TextRun, TextRuns } from '@sallyport/core';

/** Bytes with the moment when they came, in milliseconds. */
export interface Timed {
  readonly bytes: Buffer;
  readonly at: number;
}

/** Text is searched, marks are not; a mark may stand for some text in between. */
interface Piece {
  bytes: Buffer;
  readonly at: number;
  readonly mark: boolean;
  /** How much of the searched text it still stands for, in bytes. */
  text: number;
}

/** Read again after a release: the longest hit that is held as one. */
const CONTEXT_BYTES = 4096;
const NOTHING = Buffer.alloc(0);

/** Texts and marks on their way through the search: they leave in order, hits replaced, marks as they are. */
export class RunQueue {
  readonly #mask: TextMask;
  readonly #count: CountHit;
  #runs: TextRuns | undefined;
  #pieces: Piece[] = [];
  #toSearch: Buffer[] = [];
  /** What was searched last: a hit may have begun in what has left. */
  #context: Buffer = NOTHING;
  #out: Timed[] = [];

  constructor(mask: TextMask, count: CountHit) {
    this.#mask = mask;
    this.#count = count;
  }

  get holds(): boolean {
    return this.#pieces.length > 0;
  }

  text(bytes: Buffer, at: number): void {
    this.#add({ bytes, at, mark: false, text: bytes.length }, bytes);
  }

  /** @param as what the search reads in its place. */
  mark(bytes: Buffer, at: number, as: Buffer = NOTHING): void {
    this.#add({ bytes, at, mark: true, text: as.length }, as);
  }

  search(): void {
    if (this.#toSearch.length === 0) return;
    const bytes = Buffer.concat(this.#toSearch);
    this.#toSearch = [];
    this.#remember(bytes);
    this.#apply(this.#runs?.push(bytes) ?? []);
  }

  /** Lets all out. What follows is searched together with what was searched last. */
  release(): void {
    this.search();
    this.#apply(this.#runs?.flush() ?? []);
    this.#runs = undefined;
  }

  /** Another one that holds the same, found so far: what happens to it changes nothing here. It holds texts only. */
  fork(count: CountHit): RunQueue {
    this.search();
    const forked = new RunQueue(this.#mask, count);
    const held = this.#pieces.filter(({ mark }) => !mark);
    const length = held.reduce((sum, { text }) => sum + text, 0);
    forked.#context = this.#context.subarray(0, Math.max(0, this.#context.length - length));
    for (const { bytes, at } of held) forked.text(bytes, at);
    return forked;
  }

  take(): readonly Timed[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #add(piece: Piece, text: Buffer): void {
    if (this.#runs === undefined) {
      this.#runs = this.#mask.runs();
      if (this.#context.length > 0) {
        this.#pieces.push({ bytes: NOTHING, at: piece.at, mark: true, text: this.#context.length });
        this.#apply(this.#runs.push(this.#context));
      }
    }
    if (piece.mark && piece.text === 0 && this.#pieces.length === 0) this.#give(piece.bytes, piece.at);
    else this.#pieces.push(piece);
    if (text.length > 0) this.#toSearch.push(text);
  }

  #remember(bytes: Buffer): void {
    const all = bytes.length >= CONTEXT_BYTES ? bytes : Buffer.concat([this.#context, bytes]);
    this.#context = Buffer.from(all.subarray(-CONTEXT_BYTES));
  }

  #apply(runs: readonly TextRun[]): void {
    let head = 0;
    for (const { length, hit } of runs) {
      let shown = hit?.goesOn === true;
      for (let rest = length; rest > 0; ) {
        const piece = this.#pieces[head] as Piece;
        const taken = Math.min(rest, piece.text);
        rest -= taken;
        piece.text -= taken;
        if (!piece.mark) {
          if (hit === undefined) this.#give(piece.bytes.subarray(0, taken), piece.at);
          else if (!shown) {
            shown = true;
            this.#count(hit.rule, hit.hidden);
            this.#give(hit.shown, piece.at);
          }
          piece.bytes = piece.bytes.subarray(taken);
        }
        if (piece.text > 0) continue;
        if (piece.mark) this.#give(piece.bytes, piece.at);
        head += 1;
      }
    }
    for (let next = this.#pieces[head]; next?.mark === true && next.text === 0; next = this.#pieces[head]) {
      this.#give(next.bytes, next.at);
      head += 1;
    }
    this.#pieces.splice(0, head);
  }

  #give(bytes: Buffer, at: number): void {
    if (bytes.length > 0) this.#out.push({ bytes, at });
  }
}
