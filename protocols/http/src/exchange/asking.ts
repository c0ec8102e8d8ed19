import type { Classification, Command, Hold, HoldContext, Ruling } from '@sallyport/core';
import { waitOf } from '../message/gateway-fields.ts';
import type { Exchange } from './exchange.ts';

/** What a request wants to do. */
export interface Wish extends Classification {
  /** What the record and who approves read. */
  readonly text: string;
  /** Everything that decides what it does, exactly. */
  readonly exact: readonly (Buffer | string)[];
}

/** Who asks: an exchange, or a tunnel, which has no record of exchanges. */
type Asker = Pick<Exchange, 'gate' | 'signal' | 'options'> & Partial<Pick<Exchange, 'record' | 'request'>>;

/** A ruling, and the approval that is still being waited for where the client was told to come back. */
export type Answered = Ruling & { readonly approval?: string; readonly notice?: string };

/**
 * Asks the gate. A request that is held waits for as long as the target's `hold_seconds` say; then its client is to send it
 * again. The ruling is recorded before it is returned.
 *
 * @param context of what somebody is to approve, asked for when somebody is.
 */
export async function ask(asker: Asker, wish: Wish, context: () => Promise<HoldContext>): Promise<Answered> {
  const { signal, options, request } = asker;
  const ruling = judge(asker, wish);
  if (ruling.action !== 'hold') return ruling;
  const asked = ruling.ask(await context(), signal, { resendable: true });
  if (asked.defer === undefined) return asked.outcome;
  let deferred = false;
  const timer = setTimeout(
    () => {
      deferred = true;
      asked.defer?.();
    },
    Math.min(options.hold_seconds * 1_000, waitOf(request?.fields ?? [])),
  );
  try {
    const outcome = await asked.outcome;
    if (!deferred || outcome.action === 'allow') return outcome;
    return {
      ...outcome,
      ...(asked.approval !== undefined && { approval: asked.approval }),
      ...(asked.notice !== undefined && { notice: asked.notice }),
    };
  } finally {
    clearTimeout(timer);
  }
}

function judge({ gate, record }: Pick<Asker, 'gate' | 'record'>, { text, exact, ...classification }: Wish): Ruling | Hold {
  const command: Command = { ...classification, text, shape: text, digest: gate.fingerprint(...exact), parameters: [] };
  const ruling = gate.command(command);
  record?.judged(ruling.command);
  return ruling;
}
