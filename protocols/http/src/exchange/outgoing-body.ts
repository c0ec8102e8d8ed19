import { GatewayError, type HoldContext, type TextStream } from '@sallyport/core';
import type { Exchange } from './exchange.ts';
import { bodyChunks, sha256, type Taken, takeBody, wholeOf } from './request-body.ts';

/** A held request is taken in up to here: what is approved is a digest of all of it. */
const MOST_HELD = 16 << 20;
/** What of a body who approves sees. */
const EXCERPT = 2_048;

/** The body of a request on its way: recorded, counted, and taken in where somebody must know it first. */
export class OutgoingBody {
  readonly #exchange: Exchange;
  readonly #chunks: AsyncIterable<Buffer>;
  #taken: Taken | undefined;
  #changed: Buffer | undefined;
  #told = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#chunks = bodyChunks(exchange);
  }

  /** The whole of it, where it has at most so many bytes. */
  async whole(most: number): Promise<Buffer | undefined> {
    if (this.#exchange.request.length === 0) return Buffer.alloc(0);
    this.#go();
    this.#taken ??= await takeBody(this.#chunks, most);
    const { head, rest } = this.#taken;
    return rest === undefined && head.length <= most ? head : undefined;
  }

  /** What leaves in its place, of the same meaning with less in it. */
  replace(body: Buffer): void {
    this.#changed = body;
  }

  /** What somebody is to approve besides the head. @throws GatewayError ERR_LIMIT where it is too much */
  async context(): Promise<HoldContext> {
    const { request, gate } = this.#exchange;
    if (request.length === 0) return {};
    const body = await this.whole(MOST_HELD);
    if (body === undefined)
      throw new GatewayError(
        'ERR_LIMIT',
        `A request that is held for approval may have at most ${MOST_HELD >> 20} MiB: what is approved is all of it.`,
      );
    const excerpt = body.subarray(0, EXCERPT);
    const shown = gate.textMask?.value(excerpt, 0, excerpt.length, () => undefined) ?? excerpt;
    return { body: `${body.length} bytes, SHA-256 ${sha256(body)}`, content: shown.toString('utf8') };
  }

  /** Bytes that the target is to expect; undefined: it is not known. */
  get length(): number | undefined {
    return this.#changed?.length ?? this.#exchange.request.length;
  }

  /** @param mask what the record shows of it. */
  toTarget(mask: TextStream | undefined): AsyncIterable<Buffer> | null {
    if (this.#exchange.request.length === 0) return null;
    this.#go();
    const sent = this.#changed;
    return this.#recorded(
      sent === undefined ? (this.#taken === undefined ? this.#chunks : wholeOf(this.#taken)) : wholeOf({ head: sent, rest: undefined }),
      mask,
    );
  }

  /** Tells a client that waits for it to send the body. */
  #go(): void {
    if (this.#exchange.request.expectsContinue && !this.#told) this.#exchange.reply.continue();
    this.#told = true;
  }

  async *#recorded(chunks: AsyncIterable<Buffer>, mask: TextStream | undefined): AsyncGenerator<Buffer> {
    const { record, gate, options, visit } = this.#exchange;
    const body = record.body('client', options.record_body_kib * 1024, mask);
    for await (const chunk of chunks) {
      body.write(chunk);
      visit.seen.clientBytes += chunk.length;
      const durable = gate.durable();
      if (durable !== undefined) await durable;
      yield chunk;
    }
    body.end();
  }
}
