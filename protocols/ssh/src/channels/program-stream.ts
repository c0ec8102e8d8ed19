import { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';

/** A target's program as one stream: it ends when the channel is closed, so that by then its exit status is known. sshd tells that behind the end. */
export class ProgramStream extends Duplex {
  readonly #target: ClientChannel;

  constructor(target: ClientChannel) {
    super();
    this.#target = target;
    target.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) target.pause();
    });
    target.once('close', () => this.push(null));
    target.on('error', (error: Error) => this.destroy(error));
  }

  override _read(): void {
    this.#target.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#target.write(chunk, encoding, done);
  }

  override _final(done: () => void): void {
    this.#target.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#target.close();
    done(error);
  }
}
