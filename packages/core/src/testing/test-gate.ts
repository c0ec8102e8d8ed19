import { createHmac } from 'node:crypto';
import type { Command } from '../command.ts';
import type { Gate, SessionEvent } from '../gate.ts';
import type { Mask, TextMask } from '../mask.ts';
import type { RecordedFrames } from '../protocol.ts';
import type { Asked, Denied, HoldContext, Ruling } from '../ruling.ts';

/** A gate that does what the test says and remembers what it was asked. */
export interface TestGate extends Gate {
  readonly commands: Command[];
  readonly notes: SessionEvent[];
  /** Fingerprints of what masks hid. */
  readonly prints: SessionEvent[];
  /** What the client sent, as it was recorded. */
  readonly recorded: Buffer[];
  /** What the client saw. */
  readonly seen: Buffer[];
  /** Both sides' recorded bytes in their order. */
  readonly wire: RecordedFrames[];
  readonly asked: TestHold[];
}

/** A command that waits for the test to decide. */
export interface TestHold {
  readonly context: HoldContext;
  readonly signal: AbortSignal;
  /** Why it was called off. */
  readonly cancelled: string[];
  approve(): void;
  deny(message: string): void;
}

export interface TestRules {
  /** Default: everything is allowed. */
  readonly rule?: (command: Command) => 'allow' | 'deny' | 'hold';
  /** What a denial says. */
  readonly denial?: string;
  /** Who is asked about a hold. */
  readonly notice?: string;
  /** By `schema.table.column`. */
  readonly masks?: Readonly<Record<string, Mask>>;
  readonly textMask?: TextMask;
  readonly isMask?: (text: string) => boolean;
}

export const redact: Mask = { rule: 'test redact', method: 'redact', apply: () => '***' };
const hidden: Mask = { rule: 'protected', method: 'null', apply: () => null };

export function testGate(rules: TestRules = {}): TestGate {
  const { rule = () => 'allow', denial = 'denied by a test', masks, textMask, isMask = () => false } = rules;
  const kept = { commands: [] as Command[], notes: [] as SessionEvent[], prints: [] as SessionEvent[], asked: [] as TestHold[] };
  const bytes = { recorded: [] as Buffer[], seen: [] as Buffer[], wire: [] as RecordedFrames[] };
  return {
    ...kept,
    ...bytes,
    command(command) {
      const number = kept.commands.push(command);
      const action = rule(command);
      if (action === 'allow') return { action, command: number };
      if (action === 'deny') return { action, command: number, cause: 'denied', message: denial };
      return { action, command: number, ask: (context, signal) => ask(number, context, signal, kept.asked, rules.notice) };
    },
    maskFor: ({ relation, name }) => masks?.[`${relation}.${name}`],
    protectedMask: hidden,
    unmasked: masks === undefined,
    textMask,
    fieldMasks: undefined,
    requestMasks: { text: undefined, fields: undefined },
    isMask,
    note: (event) => void (event.type === 'values' ? kept.prints : kept.notes).push(event),
    record(from, data) {
      (from === 'client' ? bytes.recorded : bytes.seen).push(Buffer.from(data));
      bytes.wire.push({ from, at: 0, data: Buffer.from(data) });
    },
    fingerprint: (...parts) =>
      parts.reduce((hmac, part) => hmac.update(`${part.length}:`).update(part), createHmac('sha256', 'test')).digest('hex'),
    durable: () => undefined,
    ready: () => undefined,
  };
}

function ask(command: number, context: HoldContext, signal: AbortSignal, asked: TestHold[], notice = 'approval ap_1 asked of dba'): Asked {
  const outcome = Promise.withResolvers<Ruling>();
  const denied = (message: string, cause: Denied['cause']): Denied => ({ action: 'deny', command, cause, message });
  signal.addEventListener('abort', () => outcome.resolve(denied('cancelled', 'cancelled')));
  const cancelled: string[] = [];
  asked.push({
    context,
    signal,
    cancelled,
    approve: () => outcome.resolve({ action: 'allow', command }),
    deny: (message) => outcome.resolve(denied(message, 'denied')),
  });
  const cancel = (reason: string): Denied => {
    cancelled.push(reason);
    return denied(reason, 'cancelled');
  };
  return { approval: 'ap_1', notice, outcome: outcome.promise, cancel };
}
