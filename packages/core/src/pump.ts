import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from './errors.ts';
import type { Decoder, Frame, Out, Relay, Side, Step } from './frame.ts';
import type { Gate, SessionEnd } from './gate.ts';
import { Inlet } from './inlet.ts';
import { Outlet } from './outlet.ts';

/** How long a side may take to close after the other one has. */
const CLOSE_GRACE_MS = 3_000;
/** Pieces are written out at the latest when this many bytes have come together. */
const FLUSH_BYTES = 256 * 1024;

export interface PumpOptions<C extends Frame, T extends Frame> {
  readonly client: Duplex;
  readonly target: Duplex;
  readonly clientDecoder: Decoder<C>;
  readonly targetDecoder: Decoder<T>;
  readonly relay: Relay<C, T>;
  readonly gate: Pick<Gate, 'durable' | 'ready' | 'record'>;
  /** Aborted with a GatewayError when the session must end. */
  readonly signal: AbortSignal;
  /** The protocol's last words to its client, as wire bytes. */
  farewell(error: GatewayError): Buffer;
}

/**
 * Moves a session's bytes until both sides are done: the only loop, once per direction.
 *
 * Pull a chunk, cut it into frames, ask the relay, wait until what the target must not outrun is
 * durable, write once, wait for the socket. Never rejects; what went wrong is in the result, and
 * the client has been told.
 */
export async function pump<C extends Frame, T extends Frame>(options: PumpOptions<C, T>): Promise<SessionEnd> {
  const { client, target, relay, gate, signal } = options;
  const outlets = { client: new Outlet(client), target: new Outlet(target) };
  const count = { clientBytes: 0, targetBytes: 0, clientFrames: 0, targetFrames: 0 };
  const gone = Promise.withResolvers<void>();
  let over = false;

  async function flush(batch: Batch, loop: Side): Promise<void> {
    for (const to of batch.sides()) {
      if (to === 'target') await gate.durable();
      const pieces = batch.take(to);
      if (to === 'client') for (const piece of pieces) gate.record('target', piece);
      await outlets[to].write(pieces, loop, batch.open && to !== loop);
    }
  }

  async function loop<F extends Frame>(from: Side, inlet: Inlet, decoder: Decoder<F>, ask: (frame: F) => Step): Promise<void> {
    const batch = new Batch();
    for (let chunk = await inlet.pull(); chunk !== undefined; chunk = await inlet.pull()) {
      count[`${from}Bytes`] += chunk.length;
      for (const frame of decoder.push(chunk)) {
        if (over) return; // nobody is judged, and nothing recorded, that can no longer run
        if (frame.first) count[`${from}Frames`] += 1;
        const step = ask(frame);
        batch.open = !frame.last;
        if (Array.isArray(step)) batch.add(step);
        else {
          await flush(batch, from); // what came before must not wait for a person
          for await (const outs of step as AsyncIterable<readonly Out[]>) {
            batch.add(outs);
            await flush(batch, from);
            if (inlet.full) refuseBlindness();
          }
        }
        if (batch.bytes >= FLUSH_BYTES) await flush(batch, from);
      }
      await flush(batch, from);
      if (from === 'target') await gate.ready();
    }
  }

  /** A held command whose client cannot be seen to leave might run for nobody. */
  function refuseBlindness(): void {
    if (relay.held?.())
      gone.reject(new GatewayError('ERR_LIMIT', 'Too much was sent behind a command that waits for an approval; send it alone.'));
  }

  const clientInlet = new Inlet(client, () => relay.clientGone(), refuseBlindness);
  const targetInlet = new Inlet(target, () => undefined);
  const abort = (): void => gone.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });

  const fromClient = loop('client', clientInlet, options.clientDecoder, (frame) => relay.fromClient(frame)).then(() => target.end());
  const fromTarget = loop('target', targetInlet, options.targetDecoder, (frame) => relay.fromTarget(frame));
  fromClient.then(() => delay(CLOSE_GRACE_MS, undefined, { ref: false })).then(() => gone.resolve(), gone.reject);
  fromTarget.then(gone.resolve, gone.reject);

  let error: GatewayError | undefined;
  try {
    await gone.promise;
  } catch (cause) {
    error = asGatewayError(cause);
  }
  over = true;
  relay.clientGone();
  await close(options, outlets.client, error);
  await Promise.allSettled([fromClient, fromTarget]);
  signal.removeEventListener('abort', abort);
  return { ...count, opaqueBytes: 0, ...(error && { error }) };
}

/** Says why, where that can be said without breaking into a message, and closes both sockets. */
async function close(
  options: Pick<PumpOptions<Frame, Frame>, 'client' | 'target' | 'gate' | 'farewell'>,
  outlet: Outlet,
  error: GatewayError | undefined,
): Promise<void> {
  const { client, target } = options;
  target.destroy();
  if (!client.writable) {
    client.destroy();
    return;
  }
  if (error !== undefined && !outlet.midMessage) {
    const words = options.farewell(error);
    options.gate.record('target', words);
    client.end(words);
  } else client.end();
  client.resume();
  await Promise.race([new Promise((resolve) => client.once('close', resolve)), delay(CLOSE_GRACE_MS, undefined, { ref: false })]);
  client.destroy();
}

function asGatewayError(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ETIMEDOUT') {
    return new GatewayError('ERR_ENDED', `The connection was cut (${code}).`, { cause });
  }
  return new GatewayError('ERR_PROTOCOL', 'The session met an internal error and was closed.', { cause });
}

/** Pieces on their way out, in order, with neighbours of one buffer joined without copying. */
class Batch {
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

  sides(): Side[] {
    const sides: Side[] = [];
    if (this.#pieces.client.length > 0) sides.push('client');
    if (this.#pieces.target.length > 0) sides.push('target');
    return sides;
  }

  take(side: Side): readonly Buffer[] {
    const pieces = this.#pieces[side];
    this.#pieces[side] = [];
    this.bytes = 0;
    for (const other of Object.values(this.#pieces)) for (const piece of other) this.bytes += piece.length;
    return pieces;
  }
}
