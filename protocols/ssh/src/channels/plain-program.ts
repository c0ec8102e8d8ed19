import { type CountHit, HiddenValues, type Session } from '@sallyport/core';
import type { ServerChannel } from 'ssh2';
import type { OutputRecord } from '../recorded/output-record.ts';
import { sendEndOfWrite } from '../ssh2/end-of-write.ts';
import { PROGRAM_HOLD_BACK_MS, RECORD_HOLD_BACK_MS, TERMINAL_HOLD_BACK_MS, TerminalOutput } from '../terminal/terminal-output.ts';
import { TypedLines } from '../terminal/typed-lines.ts';
import { ChannelWriter, carry } from './carry.ts';
import { exitOf, type Outcome, type Running } from './running.ts';

/** Runs a program whose output is text, or may be: masked, recorded as the client sees it, delivered. */
export async function runPlainly(running: Running, onResize: (resize: (columns: number) => void) => void): Promise<Outcome> {
  const { client, command, connection, conversation, gate, input, left, writer } = running;
  const target = await running.start();
  const close = (): void => target.close();
  left.addEventListener('abort', close, { once: true });
  if (left.aborted) close();
  client.once('eow', () => sendEndOfWrite(target));
  const exit = exitOf(target);
  const masked = new Map<string, number>();
  const hidden = new HiddenValues(command, gate);
  const count: CountHit = (rule, value) => {
    masked.set(rule, (masked.get(rule) ?? 0) + 1);
    if (value !== undefined) hidden.add(rule, value);
  };
  const output = { stdout: new Output('stdout', running, count), stderr: new Output('stderr', running, count) };
  onResize((columns) => output.stdout.resize(columns));
  const toTarget = new ChannelWriter(target, connection.socket);
  const sent = input.carry((chunk) => {
    output.stdout.typed(chunk);
    conversation.seen.clientBytes += chunk.length;
    return toTarget.write(chunk);
  });
  sent.then(
    () => target.end(),
    () => undefined,
  );
  try {
    await Promise.all([
      carry(target, (chunk) => output.stdout.take(chunk)),
      carry(target.stderr, (chunk) => output.stderr.take(chunk)),
      exit.closed,
    ]);
  } finally {
    close(); // where its output could not be recorded it must not go on
    await output.stdout.end();
    await output.stderr.end();
    hidden.flush();
    left.removeEventListener('abort', close);
  }
  return { bytes: writer.bytes, exit: exit.status(), ...(masked.size > 0 && { masked: Object.fromEntries(masked) }) };
}

/** One stream of a program on its way to the client. What a mask holds back leaves when time is up. */
class Output {
  readonly #output: TerminalOutput;
  readonly #gate: Session;
  readonly #writer: ChannelWriter;
  readonly #stream: ServerChannel | ServerChannel['stderr'];
  readonly #running: Running;
  readonly #terminal: boolean;
  #typed: TypedLines | undefined;
  #flushing: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;

  constructor(stream: 'stdout' | 'stderr', running: Running, count: CountHit) {
    const { gate, channel, client, columns, writer } = running;
    this.#running = running;
    this.#terminal = stream === 'stdout' && columns !== undefined;
    this.#gate = gate;
    this.#writer = writer;
    this.#stream = stream === 'stdout' ? client : client.stderr;
    this.#output = new TerminalOutput({
      channel,
      stream,
      mask: running.binary ? undefined : gate.textMask,
      columns: stream === 'stdout' ? columns : undefined,
      record: this.#record(stream),
      count,
    });
  }

  /** What the client sent to the program. */
  typed(chunk: Buffer): void {
    this.#typed?.sent(chunk);
    this.#output.typed(chunk);
  }

  /** A terminal's output also tells what was typed. */
  #record(stream: 'stdout' | 'stderr'): Pick<OutputRecord, 'write'> {
    const { channel, conversation, gate } = this.#running;
    const record = conversation.record(gate);
    if (!this.#terminal || stream === 'stderr') return record;
    const typed = new TypedLines((text) => gate.note({ type: 'typed', channel, text }));
    this.#typed = typed;
    return {
      write(...parts) {
        record.write(...parts);
        typed.shown(parts[2]);
      },
    };
  }

  take(chunk: Buffer): Promise<void> | undefined {
    this.#running.conversation.seen.targetBytes += chunk.length;
    const written = this.#write(this.#output.push(chunk));
    if (this.#output.holds) this.#flushSoon();
    if (this.#output.unsettled) {
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.#output.settle(), RECORD_HOLD_BACK_MS);
    }
    const ready = this.#gate.ready();
    return ready === undefined ? written : ready.then(() => written);
  }

  resize(columns: number): void {
    this.#output.resize(columns);
  }

  async end(): Promise<void> {
    clearTimeout(this.#flushing);
    clearTimeout(this.#settling);
    await this.#write(this.#output.end());
  }

  /** In a terminal when time is up, else when nothing has come for a while. */
  #flushSoon(): void {
    if (this.#flushing === undefined)
      this.#flushing = setTimeout(() => this.#flush(), this.#terminal ? TERMINAL_HOLD_BACK_MS : PROGRAM_HOLD_BACK_MS);
    else if (!this.#terminal) this.#flushing.refresh();
  }

  #flush(): void {
    this.#flushing = undefined;
    void this.#write(this.#output.flush());
  }

  #write(bytes: Buffer): Promise<void> | undefined {
    return this.#writer.write(bytes, this.#stream);
  }
}
