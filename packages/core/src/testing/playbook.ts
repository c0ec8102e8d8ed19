import assert from 'node:assert/strict';
import type { Decoder, Frame, Out, Relay, Side, Step } from '../frame.ts';

/**
 * A transcript that a relay must follow, without sockets: say something as one side, then expect
 * what each side gets. Bytes are compared exactly and in order; whatever was not expected fails.
 *
 * ```ts
 * const play = playbook(relay, { client: clientDecoder, target: targetDecoder });
 * await play.client(query('SELECT 1'));
 * play.expect('target', query('SELECT 1'));
 * await play.target(rows, ready);
 * play.expect('client', rows, ready);
 * play.done();
 * ```
 */
export interface Playbook {
  /** Bytes arrive from the client. A step that waits goes on in the background: see {@link settled}. */
  client(...bytes: readonly Buffer[]): Promise<void>;
  target(...bytes: readonly Buffer[]): Promise<void>;
  /** The next bytes written to `side` are these. */
  expect(side: Side, ...bytes: readonly Buffer[]): void;
  /** The next bytes written to `side`, taken out: for what cannot be known beforehand. */
  take(side: Side): Buffer;
  /** Waits until every step that was waiting has ended. */
  settled(): Promise<void>;
  /** Nothing is left unexpected on either side. */
  done(): void;
}

/** What a target's chunk becomes when its steps have ended: the pump uses its memory again, so a relay must have kept nothing of it. */
const USED_AGAIN = 0xee;

export function playbook<C extends Frame, T extends Frame>(
  relay: Relay<C, T>,
  decoders: { readonly client: Decoder<C>; readonly target: Decoder<T> },
): Playbook {
  const written: Record<Side, Buffer[]> = { client: [], target: [] };
  const queues: Record<Side, Promise<void>> = { client: Promise.resolve(), target: Promise.resolve() };

  const put = (outs: readonly Out[]): void => {
    for (const { to, data } of outs) if (data.length > 0) written[to].push(Buffer.from(data));
  };
  const carryOut = async (step: Step): Promise<void> => {
    if (Symbol.asyncIterator in step) for await (const outs of step) put(outs);
    else put(step);
  };
  const say = async (side: Side, bytes: readonly Buffer[]): Promise<void> => {
    queues[side] = queues[side].then(async () => {
      for (const chunk of bytes) {
        if (side === 'client') for (const frame of decoders.client.push(chunk)) await carryOut(relay.fromClient(frame));
        else {
          const read = Buffer.from(chunk);
          for (const frame of decoders.target.push(read)) await carryOut(relay.fromTarget(frame));
          read.fill(USED_AGAIN);
        }
      }
    });
    // Enough turns for every step that does not wait for the outside; one that does goes on behind.
    await Promise.race([queues[side], new Promise((resolve) => setTimeout(resolve, 20))]);
  };
  const take = (side: Side): Buffer => {
    const data = Buffer.concat(written[side]);
    written[side] = [];
    return data;
  };

  return {
    client: (...bytes) => say('client', bytes),
    target: (...bytes) => say('target', bytes),
    expect(side, ...bytes) {
      const got = take(side);
      const want = Buffer.concat(bytes);
      assert.deepEqual(got.toString('latin1'), want.toString('latin1'), `bytes to the ${side}`);
    },
    take,
    async settled() {
      await Promise.all([queues.client, queues.target]);
    },
    done() {
      for (const side of ['client', 'target'] as const) {
        assert.equal(take(side).toString('latin1'), '', `nothing more to the ${side}`);
      }
    },
  };
}
