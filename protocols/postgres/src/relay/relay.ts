import type { Relay, Step } from '@sallyport/core';
import type { PgFrame } from '../codec/frames.ts';
import { FRONTEND } from '../codec/message-types.ts';
import { ClientSide } from './client-side.ts';
import { Conversation, type RelayOptions } from './conversation.ts';
import { TargetSide } from './target-side.ts';

/** A session's relay, and what a CancelRequest and its end need of it. */
export interface PgRelay extends Relay<PgFrame> {
  /** The target is working on something. */
  busy(): boolean;
  /** Takes back the command that is held. False when none is. */
  cancelHold(): boolean;
  /** Nothing more will come: notes what became of commands that are still in flight. */
  ended(): void;
}

/** The conversation of one session after start-up, both sides idle. */
export function createRelay(options: RelayOptions): PgRelay {
  const conversation = new Conversation(options);
  const client = new ClientSide(conversation);
  const target = new TargetSide(conversation);
  const { replies, suspended, gone, over } = conversation;
  return {
    fromClient: (frame): Step => client.take(frame),
    fromTarget: (frame): Step => target.take(frame),
    clientGone: () => gone.abort(),
    over: () => over.abort(),
    leaves: ({ type }) => type === FRONTEND.Terminate,
    held: () => client.asking.holding.active,
    busy: () => replies.length > 0,
    cancelHold: () => client.asking.holding.cancel(),
    ended() {
      for (let reply = replies.shift(); reply !== undefined; reply = replies.shift()) reply.run?.finish('unknown');
      for (const run of suspended) run.finish('unknown');
    },
  };
}
