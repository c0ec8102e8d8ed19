import type { Relay, Step } from '@sallyport/core';
import { COMMAND } from '../codec/commands.ts';
import type { MyFrame } from '../codec/frames.ts';
import { ChangeUser, type Holder } from './change-user.ts';
import { ClientSide, type FindSession } from './client-side.ts';
import { Conversation, type RelayOptions } from './conversation.ts';
import { TargetSide } from './target-side.ts';

/** A session's relay, and what a KILL and its end need of it. */
export interface MysqlRelay extends Relay<MyFrame> {
  /** The target is working on something. */
  busy(): boolean;
  /** Takes back the command that is held. False when none is. */
  cancelHold(): boolean;
  /** Number of the packet that the client expects next. */
  sequence(): number;
  /** Nothing more will come: notes what became of commands that are still in flight. */
  ended(): void;
}

export interface MysqlRelayOptions extends RelayOptions {
  readonly holder: Holder;
  readonly findSession: FindSession;
}

/** The conversation of one session after start-up, both sides idle. */
export function createRelay(options: MysqlRelayOptions): MysqlRelay {
  const conversation = new Conversation(options);
  const changeUser = new ChangeUser(conversation, options.holder, () => client.statements.forgetAll());
  const client = new ClientSide(conversation, options.findSession, changeUser);
  const target = new TargetSide(conversation, (id, parameters) => client.statements.prepared(id, parameters));
  return {
    fromClient: (frame): Step => client.take(frame),
    fromTarget: (frame): Step => target.take(frame),
    clientGone: () => conversation.gone.abort(),
    over: () => conversation.over.abort(),
    leaves: ({ first, size, payload }) => first && size === 1 && payload[0] === COMMAND.QUIT,
    held: () => client.asking.holding.active,
    busy: () => conversation.exchange !== undefined,
    cancelHold: () => client.asking.holding.cancel(),
    sequence: () => conversation.exchange?.sequence ?? conversation.sequence,
    ended() {
      conversation.exchange?.start.run?.finish('unknown');
      client.statements.ended();
    },
  };
}
