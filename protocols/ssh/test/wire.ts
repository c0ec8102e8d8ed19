import { Duplex } from 'node:stream';

/** One end of a connection without buffers of the system's: what one end does not read, the other has not written. */
class WireEnd extends Duplex {
  #other: WireEnd | undefined;
  #taken: (() => void) | undefined;

  static pair(): readonly [WireEnd, WireEnd] {
    const ends = [new WireEnd(), new WireEnd()] as const;
    ends[0].#other = ends[1];
    ends[1].#other = ends[0];
    return ends;
  }

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    setImmediate(() => {
      const other = this.#other;
      if (other === undefined || other.destroyed) return done();
      other.#taken = done;
      other.push(chunk);
    });
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _final(done: () => void): void {
    setImmediate(() => {
      this.#other?.push(null);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    setImmediate(() => this.#other?.destroy());
    done(error);
  }
}

/** A connection's two ends. */
export function wire(): readonly [Duplex, Duplex] {
  return WireEnd.pair();
}
