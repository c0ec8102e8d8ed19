import type { Out, Side } from './frame.ts';

/** Pieces on their way out, in order, with neighbours of one buffer joined without copying. */
export class Batch {
  /** The last frame seen was not the end of its message. */
  open = false;
  readonly #sides: Readonly<Record<Side, Pieces>> = { client: new Pieces(), target: new Pieces() };

  get bytes(): number {
    return this.#sides.client.bytes + this.#sides.target.bytes;
  }

  add(outs: readonly Out[]): void {
    for (const { to, data } of outs) if (data.length > 0) this.#sides[to].add(data);
  }

  holds(side: Side): boolean {
    return this.#sides[side].bytes > 0;
  }

  take(side: Side): readonly Buffer[] {
    return this.#sides[side].take();
  }
}

/** Pieces for one side. A view is made when it is known how far it reaches: views are what costs. */
class Pieces {
  bytes = 0;
  #ended: Buffer[] = [];
  /** The piece that may still grow: its first part, and how far it reaches. */
  #first: Buffer | undefined;
  #memory: ArrayBufferLike | undefined;
  #end = 0;

  add(data: Buffer): void {
    this.bytes += data.length;
    const { buffer, byteOffset } = data;
    if (buffer !== this.#memory || byteOffset !== this.#end) {
      this.#endPiece();
      this.#first = data;
      this.#memory = buffer;
    }
    this.#end = byteOffset + data.length;
  }

  take(): readonly Buffer[] {
    this.#endPiece();
    const pieces = this.#ended;
    this.#ended = [];
    this.bytes = 0;
    return pieces;
  }

  #endPiece(): void {
    const first = this.#first;
    if (first === undefined) return;
    const length = this.#end - first.byteOffset;
    this.#ended.push(length === first.length ? first : Buffer.from(first.buffer, first.byteOffset, length));
    this.#first = undefined;
    this.#memory = undefined;
  }
}
