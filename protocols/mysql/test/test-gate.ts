import { createHmac } from 'node:crypto';
import type { Asked, Command, Denied, Gate, HoldContext, Mask, RecordedFrames, Ruling, SessionEvent, TextMask } from '@sallyport/core';

/** For tests: a gate that does what the test says and remembers what it was asked. */
export interface TestGate extends Gate {
  readonly commands: Command[];
  readonly notes: SessionEvent[];
  /** Fingerprints of what masks hid. */
  readonly prints: SessionEvent[];
  /** What the client sent, as it was recorded. */
  readonly recorded: Buffer[];
  /** What the client saw. */
  readonly seen: Buffer[];
  readonly asked: TestHold[];
  /** Both sides' recorded bytes in their order. */
  readonly wire: RecordedFrames[];
}

interface TestHold {
  readonly context: HoldContext;
  readonly signal: AbortSignal;
  readonly cancelled: string[];
  approve(): void;
  deny(message: string): void;
}

export interface TestRules {
  /** By recordable text; default allow. */
  readonly rule?: (command: Command) => 'allow' | 'deny' | 'hold';
  /** By `schema.table.column`. */
  readonly masks?: Readonly<Record<string, Mask>>;
  readonly textMask?: TextMask;
}

export const redact: Mask = { rule: 'test redact', method: 'redact', apply: () => '***' };
const hidden: Mask = { rule: 'protected', method: 'null', apply: () => null };

export function testGate({ rule = () => 'allow', masks, textMask }: TestRules): TestGate {
  const commands: Command[] = [];
  const notes: SessionEvent[] = [];
  const prints: SessionEvent[] = [];
  const recorded: Buffer[] = [];
  const seen: Buffer[] = [];
  const asked: TestHold[] = [];
  const wire: RecordedFrames[] = [];
  return {
    wire,
    commands,
    notes,
    prints,
    recorded,
    seen,
    asked,
    command(command) {
      const number = commands.push(command);
      const action = rule(command);
      if (action === 'allow') return { action, command: number };
      if (action === 'deny') return { action, command: number, cause: 'denied', message: 'denied by a test' };
      return { action, command: number, ask: (context, signal) => ask(number, context, signal, asked) };
    },
    maskFor: ({ relation, name }) => masks?.[`${relation}.${name}`],
    protectedMask: hidden,
    unmasked: masks === undefined,
    textMask,
    fieldMasks: undefined,
    requestMasks: { text: undefined, fields: undefined },
    isMask: (text) => text.includes('[redacted]') || /^\*+\d{4}$/.test(text),
    note: (event) => void (event.type === 'values' ? prints : notes).push(event),
    record(from, data) {
      (from === 'client' ? recorded : seen).push(Buffer.from(data));
      wire.push({ from, at: 0, data: Buffer.from(data) });
    },
    fingerprint: (...parts) =>
      parts.reduce((hmac, part) => hmac.update(`${part.length}:`).update(part), createHmac('sha256', 'test')).digest('hex'),
    durable: () => undefined,
    ready: () => undefined,
  };
}

function ask(command: number, context: HoldContext, signal: AbortSignal, asked: TestHold[]): Asked {
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
  return { approval: 'ap_1', notice: 'approval ap_1 asked of dba', outcome: outcome.promise, cancel };
}
