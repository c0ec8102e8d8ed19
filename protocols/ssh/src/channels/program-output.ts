import type { Session, TextStream } from '@sallyport/core';
import type { ServerChannel } from 'ssh2';
import { encodeChannelMessage } from '../recorded/channel-message.ts';
import type { ChannelWriter } from './carry.ts';

export interface ProgramOutputParts {
  readonly gate: Session;
  readonly channel: number;
  readonly terminal: boolean;
  readonly client: ServerChannel;
  readonly writer: ChannelWriter;
}

/** What a program says on its way to the client: masked, recorded as the client sees it, delivered. */
export class ProgramOutput {
  readonly #parts: ProgramOutputParts;
  readonly #masked = new Map<string, number>();
  readonly #streams: Readonly<Record<'data' | 'stderr', TextStream | undefined>>;
  bytes = 0;

  constructor(parts: ProgramOutputParts) {
    this.#parts = parts;
    const count = (rule: string): void => void this.#masked.set(rule, (this.#masked.get(rule) ?? 0) + 1);
    const { textMask } = parts.gate;
    this.#streams = { data: textMask?.stream(count), stderr: textMask?.stream(count) };
  }

  stdout(chunk: Buffer): Promise<void> | undefined {
    return this.#pass('data', this.#streams.data?.push(chunk) ?? chunk);
  }

  stderr(chunk: Buffer): Promise<void> | undefined {
    return this.#pass('stderr', this.#streams.stderr?.push(chunk) ?? chunk);
  }

  /** The rest of what a mask held back. */
  async end(): Promise<void> {
    for (const type of ['data', 'stderr'] as const) {
      const rest = this.#streams[type]?.flush();
      if (rest !== undefined) await this.#pass(type, rest);
    }
  }

  masked(): { readonly masked?: Readonly<Record<string, number>> } {
    return this.#masked.size === 0 ? {} : { masked: Object.fromEntries(this.#masked) };
  }

  #pass(type: 'data' | 'stderr', data: Buffer): Promise<void> | undefined {
    if (data.length === 0) return undefined;
    const { gate, channel, client, writer } = this.#parts;
    this.bytes += data.length;
    gate.record('target', encodeChannelMessage({ type, channel, data }));
    const written = type === 'data' ? writer.write(data) : writer.write(data, client.stderr);
    const ready = gate.ready();
    return ready === undefined ? written : ready.then(() => written);
  }
}
