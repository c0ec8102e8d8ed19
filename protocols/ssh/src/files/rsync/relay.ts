import { createHash } from 'node:crypto';
import type { Frame, Gate, Relay, Side } from '@sallyport/core';
import type { RsyncCommand } from '../exec/rsync-command.ts';

/** A channel of rsync, and what its end needs of it. */
export interface RsyncRelay extends Relay<Frame> {
  busy(): boolean;
  /** Nothing more will come: notes what passed. Call it behind the pump. */
  ended(): void;
}

export interface RsyncOptions {
  readonly gate: Pick<Gate, 'note'>;
  readonly line: RsyncCommand;
  /** The ordinal of the command that was judged for the whole transfer. */
  readonly command: number;
}

/** The bytes of one direction. */
interface Passed {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** One transfer of rsync: what passed and where to, as the command line says. Its files are not told apart. */
interface RsyncEvent {
  readonly type: 'rsync';
  readonly command: number;
  readonly direction: 'upload' | 'download';
  readonly paths: readonly string[];
  /** Files of the target may have been removed. */
  readonly removes: boolean;
  readonly sent: Passed;
  readonly received: Passed;
}

/** Lets a transfer pass that was allowed, and counts and hashes what it carries. */
export function createRsyncRelay({ gate, line, command }: RsyncOptions): RsyncRelay {
  const meters = { client: new Meter(), target: new Meter() };
  const pass = (from: Side, to: Side, { raw }: Frame): readonly { to: Side; data: Buffer }[] => {
    meters[from].add(raw);
    return [{ to, data: raw }];
  };
  return {
    fromClient: (frame) => pass('client', 'target', frame),
    fromTarget: (frame) => pass('target', 'client', frame),
    clientGone: () => undefined,
    // The program on the target ends by itself when its input does.
    busy: () => true,
    ended() {
      const { direction, paths, removes } = line;
      const [sent, received] = [meters.client.passed(), meters.target.passed()];
      const event: RsyncEvent = { type: 'rsync', command, direction, paths: paths.map(({ path }) => path), removes, sent, received };
      gate.note({ ...event });
    },
  };
}

class Meter {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  add(data: Buffer): void {
    this.#bytes += data.length;
    this.#hash.update(data);
  }

  passed(): Passed {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
