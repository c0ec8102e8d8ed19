/** What stands before the bytes of a frame: the body's number, then the operation and how many bytes follow, as uint32 each. */
const HEAD_BYTES = 8;
/** Frames begin at multiples of this, so that no head is cut in two where the ring begins again. */
const ALIGNMENT = 8;

/** Of a frame: bytes of a body, a body's end, or a body whose digest nobody wants any more. */
export const OPERATION = { data: 0, end: 1, drop: 2 } as const;
export type Operation = (typeof OPERATION)[keyof typeof OPERATION];

/** Places in the control words: bytes written and read so far, modulo 2^32. */
const [WRITTEN, READ] = [0, 1];
const OPERATION_SHIFT = 30;
const LENGTH_MASK = 2 ** OPERATION_SHIFT - 1;
/** The reader is woken when this part of the ring is full. */
const WAKE_SHARE = 8;

/** Memory that two threads share: one writes frames into it, the other takes them out, in order. */
export interface SharedMemory {
  readonly control: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

/** @param size in bytes, a power of two: positions run on beyond 2^32 without a jump. */
export function sharedMemory(size: number): SharedMemory {
  return { control: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT), bytes: new SharedArrayBuffer(size) };
}

/** The end that writes. It never blocks: what has no room is for the caller to keep. */
export class RingWriter {
  readonly #control: Int32Array;
  readonly #bytes: Buffer;
  #written = 0;

  constructor({ control, bytes }: SharedMemory) {
    this.#control = new Int32Array(control);
    this.#bytes = Buffer.from(bytes);
  }

  /** Writes a frame with as many of the bytes as there is room for. @returns how many; undefined: there is no room for a frame */
  write(body: number, operation: Operation, data: Buffer): number | undefined {
    const unread = (this.#written - Atomics.load(this.#control, READ)) >>> 0;
    const room = this.#bytes.length - unread - HEAD_BYTES;
    if (room < Math.min(data.length, ALIGNMENT)) return undefined;
    const length = Math.min(data.length, room);
    const at = this.#written & (this.#bytes.length - 1);
    this.#bytes.writeUInt32LE(body, at);
    this.#bytes.writeUInt32LE(operation * 2 ** OPERATION_SHIFT + length, at + 4);
    const begin = (at + HEAD_BYTES) & (this.#bytes.length - 1);
    const first = data.copy(this.#bytes, begin, 0, length);
    if (first < length) data.copy(this.#bytes, 0, first, length); // it goes on where the ring begins
    this.#written = (this.#written + frameBytes(length)) | 0;
    Atomics.store(this.#control, WRITTEN, this.#written);
    // Waking a thread takes as long as a digest of 10 KiB: it gets several pieces at once, and the last with what ends the body.
    if (operation !== OPERATION.data || unread + length >= this.#bytes.length / WAKE_SHARE) Atomics.notify(this.#control, WRITTEN);
    return length;
  }

  /** Resolves when more was read, or with {@link wake}; undefined: there is nothing to be read. */
  moved(): Promise<unknown> | undefined {
    const read = Atomics.load(this.#control, READ);
    if (read === this.#written) return undefined;
    const waiting = Atomics.waitAsync(this.#control, READ, read);
    return waiting.async ? waiting.value : undefined;
  }

  /** Ends the waiting for a reader that is gone. */
  wake(): void {
    Atomics.notify(this.#control, READ);
  }
}

export interface Frame {
  readonly body: number;
  readonly operation: Operation;
  /** Views into the ring, good until the next frame is asked for. */
  readonly pieces: readonly Buffer[];
}

/** The end that reads: it blocks its thread while there is nothing. */
export class RingReader {
  readonly #control: Int32Array;
  readonly #bytes: Buffer;
  #read = 0;
  #taken = 0;

  constructor({ control, bytes }: SharedMemory) {
    this.#control = new Int32Array(control);
    this.#bytes = Buffer.from(bytes);
  }

  next(): Frame {
    this.release();
    while (Atomics.load(this.#control, WRITTEN) === this.#read) Atomics.wait(this.#control, WRITTEN, this.#read);
    const at = this.#read & (this.#bytes.length - 1);
    const word = this.#bytes.readUInt32LE(at + 4);
    const length = word & LENGTH_MASK;
    const begin = (at + HEAD_BYTES) & (this.#bytes.length - 1);
    const pieces = [this.#bytes.subarray(begin, begin + length)];
    const beyond = begin + length - this.#bytes.length;
    if (beyond > 0) pieces.push(this.#bytes.subarray(0, beyond));
    this.#taken = frameBytes(length);
    return { body: this.#bytes.readUInt32LE(at), operation: (word >>> OPERATION_SHIFT) as Operation, pieces };
  }

  /** What was taken last may be written over; asking for more says so as well. */
  release(): void {
    if (this.#taken === 0) return;
    this.#read = (this.#read + this.#taken) | 0;
    this.#taken = 0;
    Atomics.store(this.#control, READ, this.#read);
    Atomics.notify(this.#control, READ);
  }
}

function frameBytes(length: number): number {
  return HEAD_BYTES + Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
