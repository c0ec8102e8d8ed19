import { type Out, ProtocolError, type Relay, type Step } from '@sallyport/core';
import { Asking, type AskingOptions } from '../asking.ts';
import type { SftpFrame } from './decoder.ts';
import { encodePacket, TYPE, VERSION } from './messages.ts';
import { Outstanding } from './outstanding.ts';
import { Requests } from './request-side.ts';
import { startDirectoryOf, startDirectoryRequest } from './start-directory.ts';

/** A channel of SFTP, and what its end needs of it. */
export interface SftpRelay extends Relay<SftpFrame> {
  busy(): boolean;
  held(): boolean;
  over(): void;
  /** Nothing more will come: notes what became of files that are still open. Call it behind the pump. */
  ended(): void;
}

/** The conversation of one SFTP channel, from its INIT on. */
export function createSftpRelay(options: AskingOptions): SftpRelay {
  return new Conversation(options);
}

/**
 * Before the client gets the target's VERSION the gateway asks the target where relative paths begin; nothing of the client's is on its way
 * by then, so that any id will do.
 */
class Conversation implements SftpRelay {
  readonly #options: AskingOptions;
  readonly #asking: Asking;
  readonly #outstanding = new Outstanding();
  readonly #started = Promise.withResolvers<void>();
  #state: 'new' | 'init' | 'start directory' | 'open' = 'new';
  /** The target's VERSION, until the client may have it. */
  #greeting: Buffer = Buffer.alloc(0);
  #requests: Requests | undefined;

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#asking = new Asking(options);
  }

  fromClient(frame: SftpFrame): Step {
    if (this.#state === 'new') return this.#init(frame);
    if (this.#requests === undefined) return this.#behind(this.#started.promise, frame);
    if (this.#outstanding.full) return this.#behind(this.#outstanding.room(), frame);
    return this.#requests.take(frame);
  }

  fromTarget(frame: SftpFrame): Step {
    if (this.#state === 'init') return this.#greeted(frame);
    if (this.#state === 'start directory') return this.#start(frame);
    this.#outstanding.answer(frame);
    return [{ to: 'client', data: frame.raw }];
  }

  clientGone(): void {
    this.#asking.gone();
  }

  over(): void {
    this.#asking.gone();
    this.#started.resolve();
    this.#outstanding.stop();
  }

  busy(): boolean {
    return this.#outstanding.any;
  }

  held(): boolean {
    return this.#asking.held;
  }

  ended(): void {
    this.over();
    this.#outstanding.lost();
    this.#requests?.ended();
  }

  #init({ type, id: version }: SftpFrame): readonly Out[] {
    if (type !== TYPE.INIT || version < VERSION) {
      throw new ProtocolError(
        'client',
        `The client began SFTP with a packet of type ${type}, not with an INIT of version ${VERSION} or above.`,
      );
    }
    this.#state = 'init';
    return [{ to: 'target', data: encodePacket(TYPE.INIT, VERSION) }];
  }

  #greeted({ type, id: version, raw }: SftpFrame): readonly Out[] {
    if (type !== TYPE.VERSION || version !== VERSION) {
      throw new ProtocolError('target', `The target does not speak SFTP version ${VERSION}.`);
    }
    this.#state = 'start directory';
    this.#greeting = Buffer.from(raw);
    return [{ to: 'target', data: startDirectoryRequest() }];
  }

  #start(frame: SftpFrame): readonly Out[] {
    const directory = startDirectoryOf(frame);
    if (directory === undefined) throw new ProtocolError('target', 'The target does not say in which directory SFTP begins.');
    this.#state = 'open';
    this.#requests = new Requests({ ...this.#options, directory, asking: this.#asking, outstanding: this.#outstanding });
    this.#started.resolve();
    return [{ to: 'client', data: this.#greeting }];
  }

  async *#behind(wait: Promise<void>, frame: SftpFrame): AsyncGenerator<readonly Out[]> {
    await wait;
    const step = this.#requests?.take(frame) ?? [];
    if (Symbol.asyncIterator in step) yield* step;
    else yield step;
  }
}
