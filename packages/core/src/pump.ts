import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Batch } from './batch.ts';
import { READ_BYTES } from './dial.ts';
import { GatewayError } from './errors.ts';
import type { Decoder, Frame, Out, Relay, Side, Step } from './frame.ts';
import type { Gate, SessionEnd } from './gate.ts';
import { Inlet } from './inlet.ts';
import { LARGE_BYTES, LentMemory } from './lent-memory.ts';
import { Outlet } from './outlet.ts';

/** How long a side may take to close after the other one has. */
const CLOSE_GRACE_MS = 3_000;
/** Pieces are written out at the latest when this many bytes have come together. */
const FLUSH_BYTES = 256 * 1024;

export interface PumpOptions<C extends Frame, T extends Frame> {
  readonly client: Duplex;
  readonly target: Duplex;
  /** The target's name, for sentences. */
  readonly targetName: string;
  readonly clientDecoder: Decoder<C>;
  readonly targetDecoder: Decoder<T>;
  readonly relay: Relay<C, T>;
  readonly gate: Pick<Gate, 'durable' | 'ready' | 'record'>;
  /**
   * The relay keeps nothing of a target's frame, and nothing of what it answered, when the step has ended: large memory is
   * used again once the step's pieces have left. Default: false.
   */
  readonly recycle?: boolean;
  /** Aborted with a GatewayError when the session must end. */
  readonly signal: AbortSignal;
  /** The protocol's last words to its client, as wire bytes; none when the client has been told. */
  farewell(error: GatewayError): Buffer;
  /**
   * Stops what the target still works on, while its connection is open: called when the gateway
   * ends a session. It must end by itself.
   */
  stopTarget?(): Promise<void>;
}

/**
 * Moves a session's bytes until both sides are done. Never rejects; what went wrong is in the
 * result, and the client has been told.
 */
export function pump<C extends Frame, T extends Frame>(options: PumpOptions<C, T>): Promise<SessionEnd> {
  return new Pump(options).run();
}

/**
 * The only loop, once per direction: take what has arrived, ask the relay about each frame, wait
 * until what the target must not outrun is durable, write once, wait for the socket. Where there is
 * nothing to wait for nothing is awaited, since a promise for each write can be measured.
 */
class Pump<C extends Frame, T extends Frame> {
  readonly #options: PumpOptions<C, T>;
  readonly #inlets: { readonly client: Inlet<C>; readonly target: Inlet<T> };
  readonly #outlets: Readonly<Record<Side, Outlet>>;
  readonly #frames = { client: 0, target: 0 };
  /** Large pieces that were written to the client. */
  readonly #told: Buffer[] = [];
  readonly #gone = Promise.withResolvers<void>();
  /** The client has said goodbye or closed. What it sent before still runs. */
  #left = false;
  /** Nobody is judged, and nothing recorded or written, any more. */
  #over = false;

  constructor(options: PumpOptions<C, T>) {
    const { client, target, relay } = options;
    this.#options = options;
    this.#outlets = { client: new Outlet(client), target: new Outlet(target) };
    this.#inlets = {
      client: new Inlet(client, options.clientDecoder, {
        frame: (frame) => relay.leaves?.(frame) && this.#leave(),
        end: (cut) => (cut === undefined ? this.#leave() : relay.clientGone()),
        full: () => this.#refuseBlindness(),
      }),
      target: new Inlet(target, options.targetDecoder, { ahead: READ_BYTES, recycle: options.recycle === true }),
    };
  }

  async run(): Promise<SessionEnd> {
    const { relay, signal } = this.#options;
    const { client, target } = this.#inlets;
    const abort = (): void => this.#gone.reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const fromClient = this.#carry('client', client, (frame) => relay.fromClient(frame));
    const fromTarget = this.#carry('target', target, (frame) => relay.fromTarget(frame));
    fromClient.then(() => this.#finish()).then(this.#gone.resolve, this.#gone.reject);
    fromTarget.then(this.#gone.resolve, this.#gone.reject);

    const error = await this.#gone.promise.then(() => undefined, asGatewayError);
    this.#over = true;
    relay.clientGone();
    relay.over?.();
    this.#outlets.target.close();
    await Promise.all([this.#closeTarget(error), this.#closeClient(error)]);
    await Promise.allSettled([fromClient, fromTarget]);
    signal.removeEventListener('abort', abort);
    return {
      clientBytes: client.bytes,
      targetBytes: target.bytes,
      clientFrames: this.#frames.client,
      targetFrames: this.#frames.target,
      opaqueBytes: 0,
      ...(error && { error }),
    };
  }

  /** A direction to its end. What it leaves in the middle of a message stays so: nothing may come inside. */
  async #carry<F extends Frame>(from: Side, inlet: Inlet<F>, ask: (frame: F) => Step): Promise<void> {
    try {
      await this.#loop(from, inlet, ask);
    } finally {
      for (const outlet of Object.values(this.#outlets)) outlet.leave(from);
    }
    if (inlet.fault !== undefined) throw inlet.fault;
    if (!this.#left && !this.#over) throw endedBy(from, inlet.cut, this.#options.targetName);
  }

  async #loop<F extends Frame>(from: Side, inlet: Inlet<F>, ask: (frame: F) => Step): Promise<void> {
    const batch = new Batch();
    while (!inlet.finished) {
      const arrival = inlet.arrival();
      if (arrival !== undefined) await arrival;
      for (const frame of inlet.take()) {
        if (this.#over) return;
        if (frame.first) this.#frames[from] += frame.messages ?? 1;
        const step = ask(frame);
        batch.open = !frame.last;
        if (Array.isArray(step)) batch.add(step);
        else await this.#follow(step as AsyncIterable<readonly Out[]>, batch, from);
        if (batch.bytes >= FLUSH_BYTES) await this.#flush(batch, from);
      }
      const written = this.#flush(batch, from);
      if (written !== undefined) await written;
      if (from === 'target' && this.#options.recycle === true) this.#recycle();
      const ready = from === 'target' ? this.#options.gate.ready() : undefined;
      if (ready !== undefined) await ready;
    }
  }

  /** What a socket has not taken yet is given back in a later turn. */
  #recycle(): void {
    if (!this.#outlets.client.empty || !this.#outlets.target.empty) return;
    const again = this.#options.relay.busy?.() ?? false;
    this.#inlets.target.release(again);
    if (this.#told.length > 0) LentMemory.giveBack(this.#told.splice(0), again);
  }

  /** A step that waits. What came before it must not wait for a person. */
  async #follow(step: AsyncIterable<readonly Out[]>, batch: Batch, from: Side): Promise<void> {
    await this.#flush(batch, from);
    for await (const outs of step) {
      batch.add(outs);
      await this.#flush(batch, from);
      if (this.#inlets[from].full) this.#refuseBlindness();
    }
  }

  /** Writes a batch out, to the client first. undefined when there is nothing to wait for. */
  #flush(batch: Batch, loop: Side): Promise<void> | undefined {
    if (this.#over) return undefined;
    if (batch.holds('client')) {
      const told = this.#tell(batch.take('client'), loop, batch.open);
      if (told !== undefined) return told.then(() => this.#flush(batch, loop));
    }
    if (!batch.holds('target')) return undefined;
    const write = (): Promise<void> | undefined => this.#outlets.target.write(batch.take('target'), loop, batch.open && loop === 'client');
    return this.#options.gate.durable()?.then(write) ?? write();
  }

  #tell(pieces: readonly Buffer[], loop: Side, open: boolean): Promise<void> | undefined {
    const { client, gate } = this.#options;
    // An answer that cannot be delivered ends the session, as it does at a server.
    if (client.destroyed && this.#left) this.#gone.resolve();
    if (!client.destroyed) for (const piece of pieces) gate.record('target', piece);
    if (this.#options.recycle === true) this.#told.push(...pieces.filter(({ length }) => length >= LARGE_BYTES));
    return this.#outlets.client.write(pieces, loop, open && loop === 'target');
  }

  #leave(): void {
    this.#left = true;
    this.#options.relay.clientGone();
  }

  /** A held command whose client cannot be seen to leave might run for nobody. */
  #refuseBlindness(): void {
    if (this.#options.relay.held?.())
      this.#gone.reject(new GatewayError('ERR_LIMIT', 'Too much was sent behind a command that waits for an approval; send it alone.'));
  }

  /** The client has left. The target finishes what it was sent, as it would without a gateway. */
  async #finish(): Promise<void> {
    if (this.#over) return;
    this.#options.target.end();
    do await delay(CLOSE_GRACE_MS, undefined, { ref: false });
    while (!this.#over && this.#options.relay.busy?.());
  }

  async #closeTarget(error: GatewayError | undefined): Promise<void> {
    const { client, target, stopTarget } = this.#options;
    this.#inlets.target.discard();
    // A client that is just gone is no reason to stop: a server would not notice either.
    if (error !== undefined && error.code !== 'ERR_TARGET_CLOSED' && !client.destroyed) await stopTarget?.();
    target.destroy();
  }

  /** Says why, where that can be said without breaking into a message. */
  async #closeClient(error: GatewayError | undefined): Promise<void> {
    const { client, gate, farewell } = this.#options;
    const { midMessage } = this.#outlets.client;
    this.#outlets.client.close();
    this.#inlets.client.discard();
    if (client.writable) {
      const words = error === undefined || midMessage ? Buffer.alloc(0) : farewell(error);
      if (words.length > 0) gate.record('target', words);
      client.end(words);
      await Promise.race([new Promise((resolve) => client.once('close', resolve)), delay(CLOSE_GRACE_MS, undefined, { ref: false })]);
    }
    client.destroy();
  }
}

/** What it means that a side's connection is over while nobody has said goodbye. */
function endedBy(side: Side, cut: Error | undefined, targetName: string): GatewayError {
  const did = cut === undefined ? 'closed the connection' : `cut the connection (${(cut as NodeJS.ErrnoException).code ?? cut.message})`;
  return side === 'client'
    ? new GatewayError('ERR_ENDED', `The client ${did}.`, { cause: cut })
    : new GatewayError('ERR_TARGET_CLOSED', `The target ${targetName} ${did}.`, { cause: cut });
}

function asGatewayError(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  return new GatewayError('ERR_PROTOCOL', 'The session met an internal error and was closed.', { cause });
}
