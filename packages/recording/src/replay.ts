import type { Protocol, RecordedFrames, ReplayItem, Store } from '@sallyport/core';
import { sessionRow } from './session-json.ts';
import type { CommandEvent, RecordedEvent } from './vocabulary.ts';

/** What a replay shows, in order. `at` in milliseconds since the epoch. */
export type Replayed =
  | { readonly kind: 'command'; readonly at: number; readonly command: CommandEvent }
  | { readonly kind: 'item'; readonly at: number; readonly item: ReplayItem }
  | { readonly kind: 'event'; readonly at: number; readonly event: RecordedEvent };

/**
 * A session's record again as it happened: statements, what came back, and all other events. A
 * command's `result` comes after the rows it speaks of, though it was noted just before them. What HTTP
 * answered is recorded before its `result` anyway.
 *
 * @param decode the protocol's own decoder of recordings.
 * @throws GatewayError ERR_RECORDING when there is no such session, or its record cannot be read.
 */
export async function* replay(store: Store, id: string, decode: Protocol['decodeRecording']): AsyncGenerator<Replayed> {
  await sessionRow(store, id);
  const input = new Handover();
  const items = decode(input.frames())[Symbol.asyncIterator]();
  let next = items.next();
  const results: RecordedEvent[] = [];
  let inOrder = false;
  const nextResult = function* (): Generator<Replayed> {
    const event = results.shift();
    if (event !== undefined) yield { kind: 'event', at: event.at, event };
  };
  const allResults = function* (): Generator<Replayed> {
    while (results.length > 0) yield* nextResult();
  };
  /** All that the decoder has to say before it wants the next frame. */
  const decoded = async function* (): AsyncGenerator<Replayed> {
    for (
      let got = await Promise.race([next, input.wanted]);
      got !== undefined && !got.done;
      got = await Promise.race([next, input.wanted])
    ) {
      const item = got.value;
      inOrder ||= 'exchange' in item;
      yield { kind: 'item', at: item.at, item };
      if (item.type === 'done' || item.type === 'error') yield* nextResult();
      next = items.next();
    }
  };

  yield* decoded();
  for await (const { kind, at, body } of store.sessions.records(id)) {
    if (kind !== 'event') {
      input.give({ from: kind, at, data: body });
      yield* decoded();
      continue;
    }
    const event = JSON.parse(body.toString()) as RecordedEvent;
    if (event.type === 'values') continue;
    if (event.type === 'result' && !inOrder) results.push(event);
    else {
      yield* allResults();
      if (event.type === 'command') yield { kind: 'command', at, command: event as unknown as CommandEvent };
      else yield { kind: 'event', at, event };
    }
  }
  input.end();
  yield* decoded();
  yield* allResults();
}

/** Frames for a decoder, one at a time, and the moment when it wants another. */
class Handover {
  #frame = Promise.withResolvers<RecordedFrames | undefined>();
  #wanted = Promise.withResolvers<undefined>();

  /** Resolves when the decoder has used up all frames it was given. Never after {@link end}. */
  get wanted(): Promise<undefined> {
    return this.#wanted.promise;
  }

  give(frame: RecordedFrames): void {
    this.#wanted = Promise.withResolvers();
    this.#frame.resolve(frame);
  }

  end(): void {
    this.#wanted = Promise.withResolvers();
    this.#frame.resolve(undefined);
  }

  async *frames(): AsyncGenerator<RecordedFrames> {
    for (;;) {
      this.#wanted.resolve(undefined);
      const frame = await this.#frame.promise;
      if (frame === undefined) return;
      this.#frame = Promise.withResolvers();
      yield frame;
    }
  }
}
