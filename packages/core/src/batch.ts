import type { Out, Side } from './frame.ts';

/** Pieces on their way out, in order, with neighbours of one buffer joined without copying. */
export class Batch {
  /** The last frame seen was not the end of its message. */
  open = false;
  bytes = 0;
  readonly #pieces: Record<Side, Buffer[]> = { client: [], target: [] };

  add(outs: readonly Out[]): void {
    for (const { to, data } of outs) {
      if (data.length === 0) continue;
      this.bytes += data.length;
      const pieces = this.#pieces[to];
      const previous = pieces.at(-1);
      if (previous?.buffer === data.buffer && previous.byteOffset + previous.length === data.byteOffset) {
        pieces[pieces.length - 1] = Buffer.from(data.buffer, previous.byteOffset, previous.length + data.length);
      } else pieces.push(data);
    }
  }

  holds(side: Side): boolean {
    return this.#pieces[side].length > 0;
  }

  take(side: Side): readonly Buffer[] {
    const pieces = this.#pieces[side];
    this.#pieces[side] = [];
    for (const piece of pieces) this.bytes -= piece.length;
    return pieces;
  }
}
