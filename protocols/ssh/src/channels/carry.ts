import type { Readable, Writable } from 'node:stream';
import { keysChanged } from '../ssh2/peer-limits.ts';

/**
 * One direction of a channel: reads until the sender's end, and no further ahead than what is being taken. Resolves at
 * the end, or when the channel is closed; what could not be taken rejects.
 *
 * @param take a promise where the next piece must wait.
 */
export function carry(from: Readable, take: (chunk: Buffer) => Promise<void> | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    let busy: Promise<void> | undefined;
    from.on('data', (chunk: Buffer) => {
      busy = take(chunk);
      if (busy === undefined) return;
      from.pause();
      busy.then(() => from.resume(), reject);
    });
    const end = (): void => void Promise.resolve(busy).then(resolve, reject);
    from.once('end', end).once('close', end).once('error', end);
  });
}

/**
 * A channel to write to, one piece after the other, stdout and stderr in the order in which they came. The pieces wait for
 * the channel's window, for the socket below it, and for new keys while they are made: ssh2 looks at the window only.
 */
export class ChannelWriter {
  readonly #channel: Writable;
  readonly #socket: Writable;
  #last: Promise<void> | undefined;
  /** Bytes written so far. */
  bytes = 0;

  /** @param socket what carries the channel's connection. */
  constructor(channel: Writable, socket: Writable) {
    this.#channel = channel;
    this.#socket = socket;
  }

  /** @param stream another stream of the channel: its stderr. Resolves when there is room for more. */
  write(data: Buffer, stream: Writable = this.#channel): Promise<void> | undefined {
    if (data.length === 0) return undefined;
    this.bytes += data.length;
    const written = this.#last === undefined ? this.#write(data, stream) : this.#last.then(() => this.#write(data, stream));
    if (written === undefined) return undefined;
    const last = written.finally(() => {
      if (this.#last === last) this.#last = undefined;
    });
    this.#last = last;
    return last;
  }

  #write(data: Buffer, stream: Writable): Promise<void> | undefined {
    const socket = this.#socket;
    if (stream.destroyed || stream.writableEnded || socket.destroyed) return undefined; // nobody reads it any more
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiters = waitersFor(socket);
    const taken = (): void => {
      this.#channel.off('close', taken);
      waiters.delete(taken);
      resolve();
    };
    this.#channel.once('close', taken);
    waiters.add(taken);
    stream.write(data, taken);
    const changed = keysChanged(this.#channel);
    if (changed !== undefined) return promise.then(() => changed).then(() => drained(socket));
    return socket.writableNeedDrain ? promise.then(() => drained(socket)) : promise;
  }
}

const waiting = new WeakMap<Writable, Set<() => void>>();

/**
 * Who is told when a socket is gone. ssh2 lets a channel close when all that came by it was read, which may wait for what
 * could not be written to another one.
 */
function waitersFor(socket: Writable): Set<() => void> {
  const known = waiting.get(socket);
  if (known !== undefined) return known;
  const waiters = new Set<() => void>();
  socket.once('close', () => {
    for (const waiter of [...waiters]) waiter();
  });
  waiting.set(socket, waiters);
  return waiters;
}

function drained(socket: Writable): Promise<void> | undefined {
  if (!socket.writableNeedDrain || socket.destroyed) return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
