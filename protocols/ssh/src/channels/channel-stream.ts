import { Duplex } from 'node:stream';
import type { ClientChannel, ServerChannel } from 'ssh2';
import type { ChannelWriter } from './carry.ts';

export interface ChannelStreamParts {
  readonly channel: ClientChannel | ServerChannel;
  /** Waits for the window and for the socket below it: a peer may announce any window, and read nothing. */
  readonly writer: ChannelWriter;
  /** When reading ends: a client's with its last byte, a target's when its exit status is known, which sshd tells behind that. */
  readonly endsAt: 'end' | 'close';
  /** Ends the writing side. */
  end(): void;
}

/** One end of a program as a stream for the pump. */
export class ChannelStream extends Duplex {
  readonly #parts: ChannelStreamParts;

  constructor(parts: ChannelStreamParts) {
    super();
    const { channel, endsAt } = parts;
    this.#parts = parts;
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause();
    });
    let open = true;
    const end = (): void => {
      if (open) this.push(null);
      open = false;
    };
    channel.once(endsAt, end).once('close', end);
    channel.on('error', (error: Error) => this.destroy(error));
  }

  override _read(): void {
    this.#parts.channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const written = this.#parts.writer.write(chunk);
    if (written === undefined) done();
    else written.then(() => done(), done);
  }

  override _final(done: () => void): void {
    this.#parts.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#parts.channel.close();
    done(error);
  }
}
