import { ProtocolError } from '@sallyport/core';
import type { OpenHandle } from './open-file.ts';

/** Files and directories that a channel may have open, those that the target is just opening included. */
export const MAX_HANDLES = 1_024;

/** Longer ones the draft does not allow. https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-6.3 */
const MAX_HANDLE_BYTES = 256;

/** What the target's handles stand for. */
export class Handles {
  readonly #open = new Map<string, OpenHandle>();
  #opening = 0;

  /** Room for one more; {@link opened} or {@link refused} follows. */
  reserve(): boolean {
    if (this.#open.size + this.#opening >= MAX_HANDLES) return false;
    this.#opening++;
    return true;
  }

  refused(): void {
    this.#opening--;
  }

  /** @throws ProtocolError: a handle that stands for two files would show one and record the other. */
  opened(handle: Buffer, open: OpenHandle): void {
    this.#opening--;
    const key = handle.toString('latin1');
    if (handle.length > MAX_HANDLE_BYTES || this.#open.has(key)) {
      open.lost();
      throw new ProtocolError('target', 'The target named a file that it opened by a handle that is in use, or too long.');
    }
    this.#open.set(key, open);
  }

  get(handle: Buffer): OpenHandle | undefined {
    return this.#open.get(handle.toString('latin1'));
  }

  /** The client has done with it; the target may give it to another file. */
  close(handle: Buffer): void {
    this.#open.delete(handle.toString('latin1'));
  }

  lost(): void {
    for (const open of this.#open.values()) open.lost();
    this.#open.clear();
  }
}
