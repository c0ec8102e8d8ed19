import type { Classification, Command, Denied, HoldContext, Ruling, Session } from '@sallyport/core';

/** Something that a channel wants to do. */
export interface Wish extends Classification {
  /** What the record and who approves read. */
  readonly text: string;
  /** Everything that decides what it does, exactly. */
  readonly exact: readonly (Buffer | string)[];
}

export interface Waiting {
  /** Aborted when who asks has left. */
  readonly signal: AbortSignal;
  /** What who approves sees besides; asked when somebody is to decide. */
  context(): Promise<HoldContext>;
  /** One line for who waits. */
  notice(text: string): void;
}

/** Asks the gate, and waits for a person where it says so. The ruling is recorded before it is returned. */
export async function ask(gate: Session, wish: Wish, waiting: Waiting): Promise<Ruling> {
  const ruling = gate.command(commandOf(gate, wish));
  if (ruling.action !== 'hold') return ruling;
  const asked = ruling.ask(await waiting.context(), waiting.signal);
  if (asked.notice !== undefined) waiting.notice(asked.notice);
  return asked.outcome;
}

/** For what cannot wait: a hold is refused. */
export function askAtOnce(gate: Session, wish: Wish): Ruling {
  const ruling = gate.command(commandOf(gate, wish));
  if (ruling.action !== 'hold') return ruling;
  const never = AbortSignal.abort();
  return ruling.ask({}, never).cancel('this kind of request cannot wait for an approval') satisfies Denied;
}

function commandOf(gate: Session, { text, exact, ...classification }: Wish): Command {
  return { ...classification, text, shape: text, digest: gate.fingerprint(...exact), parameters: [] };
}
