import { createHmac } from 'node:crypto';
import type { Asked, Command, Denied, Gate, HoldContext, Ruling, SessionEvent } from '@sallyport/core';

/** For tests of file transfers: a gate that does what the test says and remembers what it was asked. */
export interface FileTestGate extends Pick<Gate, 'command' | 'note' | 'fingerprint' | 'durable' | 'ready' | 'record'> {
  readonly commands: Command[];
  readonly notes: SessionEvent[];
  readonly holds: TestHold[];
  /** Notes of one type. */
  of(type: string): Readonly<Record<string, unknown>>[];
}

interface TestHold {
  readonly context: HoldContext;
  readonly cancelled: string[];
  approve(): void;
  deny(message: string): void;
}

type Rule = (command: Command) => 'allow' | 'deny' | 'hold';

/** @param rule by default everything is allowed */
export function fileGate(rule: Rule = () => 'allow'): FileTestGate {
  const commands: Command[] = [];
  const notes: SessionEvent[] = [];
  const holds: TestHold[] = [];
  return {
    commands,
    notes,
    holds,
    of: (type) => notes.filter((note) => note.type === type) as unknown as Readonly<Record<string, unknown>>[],
    command(command) {
      const ordinal = commands.push(command);
      const action = rule(command);
      if (action === 'allow') return { action, command: ordinal };
      if (action === 'deny') return { action, command: ordinal, cause: 'denied', message: 'Denied by the rule "a test".' };
      return { action, command: ordinal, ask: (context, signal) => ask(ordinal, context, signal, holds) };
    },
    note: (event) => void notes.push(event),
    record: () => undefined,
    fingerprint: (...parts) =>
      parts.reduce((hmac, part) => hmac.update(`${part.length}:`).update(part), createHmac('sha256', 'test')).digest('hex'),
    durable: () => undefined,
    ready: () => undefined,
  };
}

function ask(command: number, context: HoldContext, signal: AbortSignal, holds: TestHold[]): Asked {
  const outcome = Promise.withResolvers<Ruling>();
  const denied = (message: string, cause: Denied['cause']): Denied => ({ action: 'deny', command, cause, message });
  signal.addEventListener('abort', () => outcome.resolve(denied('The client left.', 'cancelled')));
  const cancelled: string[] = [];
  holds.push({
    context,
    cancelled,
    approve: () => outcome.resolve({ action: 'allow', command }),
    deny: (message) => outcome.resolve(denied(message, 'denied')),
  });
  const cancel = (reason: string): Denied => {
    cancelled.push(reason);
    return denied(reason, 'cancelled');
  };
  return { approval: 'ap_1', notice: 'Approval ap_1 asked of leads.', outcome: outcome.promise, cancel };
}
