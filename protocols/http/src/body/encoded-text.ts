import type { CountHit, TextRun, TextRuns } from '@sallyport/core';
import type { Rewriting } from './rewriting.ts';

/** Writes a mask as the text around it is written. */
export type Encode = (shown: Buffer) => Buffer;

/** A text in a body, as it is read piece by piece. */
export interface TextSink {
  /** Bytes that stand for themselves. */
  plain(bytes: Buffer): void;
  /** Bytes that stand for others: `\u0040` for `@`. */
  escape(raw: Buffer, decoded: Buffer): void;
  /** Nothing more is known for now: what may leave leaves. */
  settle(): void;
  end(): void;
}

interface Piece {
  raw: Buffer;
  /** Bytes of the text that it stands for, and that were not looked at yet. */
  left: number;
  readonly escape: boolean;
  hidden: boolean;
}

/**
 * A text that stands in a body in some encoding: searched as what it says, replaced where it stands.
 * What is no hit keeps its spelling; an escape that is a hit in part is hidden as a whole.
 */
export class EncodedText implements TextSink {
  readonly #out: Rewriting;
  readonly #runs: TextRuns;
  readonly #count: CountHit;
  readonly #encode: Encode | undefined;
  #pieces: Piece[] = [];
  #first = 0;
  #batch: Buffer[] = [];

  /** @param encode undefined: nothing is replaced, and hits are counted only. */
  constructor(out: Rewriting, runs: TextRuns, count: CountHit, encode: Encode | undefined) {
    this.#out = out;
    this.#runs = runs;
    this.#count = count;
    this.#encode = encode;
  }

  plain(bytes: Buffer): void {
    if (bytes.length > 0) this.#add(bytes, bytes, false);
  }

  escape(raw: Buffer, decoded: Buffer): void {
    this.#add(raw, decoded, true);
  }

  settle(): void {
    if (this.#batch.length > 0) {
      const [first, ...more] = this.#batch as [Buffer, ...Buffer[]];
      this.#batch = [];
      this.#write(this.#runs.push(more.length === 0 ? first : Buffer.concat([first, ...more])));
    }
    this.#pieces = this.#pieces.slice(this.#first);
    this.#first = 0;
    // Whoever brought the bytes may use their memory again.
    for (const piece of this.#pieces) piece.raw = Buffer.from(piece.raw);
  }

  end(): void {
    this.settle();
    this.#write(this.#runs.flush());
  }

  #add(raw: Buffer, decoded: Buffer, isEscape: boolean): void {
    this.#pieces.push({ raw, left: decoded.length, escape: isEscape, hidden: false });
    this.#batch.push(decoded);
  }

  #write(runs: readonly TextRun[]): void {
    for (const { length, hit } of runs) {
      if (hit?.goesOn === false) this.#count(hit.rule, hit.hidden);
      if (hit !== undefined && this.#encode !== undefined) this.#out.write(this.#encode(hit.shown));
      this.#pass(length, hit !== undefined && this.#encode !== undefined);
    }
  }

  #pass(length: number, hide: boolean): void {
    for (let left = length; left > 0; ) {
      const piece = this.#pieces[this.#first] as Piece;
      const taken = Math.min(left, piece.left);
      left -= taken;
      piece.left -= taken;
      piece.hidden ||= hide;
      if (piece.left === 0) this.#first += 1;
      if (piece.escape) {
        if (piece.left === 0 && !piece.hidden) this.#out.write(piece.raw);
        continue;
      }
      if (!hide) this.#out.write(piece.raw.subarray(0, taken));
      piece.raw = piece.raw.subarray(taken);
    }
  }
}
