import { isUtf8 } from 'node:buffer';
import { GatewayError, type HoldContext } from '@sallyport/core';
import { field } from '../message/fields.ts';
import type { BodyRecord } from '../recorded/exchange-record.ts';
import { answerMasks, contentMask, isOpen } from './content-masks.ts';
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
  #count: ((bytes: number) => void) | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#chunks = bodyChunks(exchange);
  }

  /** The whole of it, where it has at most so many bytes. */
  async whole(most: number): Promise<Buffer | undefined> {
    if (this.#exchange.request.length === 0) return Buffer.alloc(0);
    this.#go();
    // Somebody may have wanted to see less of it before.
    if (this.#taken?.rest !== undefined || this.#taken === undefined) this.#taken = await takeBody(this.#left(), most);
    const { head, rest } = this.#taken;
    return rest === undefined && head.length <= most ? head : undefined;
  }

  /** What leaves in its place, of the same meaning with less in it. */
  replace(body: Buffer): void {
    this.#changed = body;
  }

  /** @param sent is told of each piece that leaves. */
  count(sent: (bytes: number) => void): void {
    this.#count = sent;
  }

  /** What somebody is to approve besides the head. @throws GatewayError ERR_LIMIT where it is too much */
  async context(): Promise<HoldContext> {
    if (this.#exchange.request.length === 0) return {};
    const body = await this.whole(MOST_HELD);
    if (body === undefined)
      throw new GatewayError(
        'ERR_LIMIT',
        `A request that is held for approval may have at most ${MOST_HELD >> 20} MiB: what is approved is all of it.`,
      );
    const shown = this.#excerpt(body);
    return { body: `${body.length} bytes, SHA-256 ${sha256(body)}`, ...(shown !== undefined && { content: shown.toString('utf8') }) };
  }

  /** What who approves may read of it; undefined: it is no text, or nobody can see what is in it. */
  #excerpt(body: Buffer): Buffer | undefined {
    const { request, gate } = this.#exchange;
    if (field(request.fields, 'content-encoding') !== undefined || !isUtf8(body)) return undefined;
    const mask = contentMask(request.fields, answerMasks(gate), () => undefined, 'client');
    if (mask === 'opaque') return undefined;
    return (mask === undefined ? body : Buffer.concat([mask.push(body), mask.flush()])).subarray(0, EXCERPT);
  }

  /** Bytes that the target is to expect; undefined: it is not known. */
  get length(): number | undefined {
    return this.#changed?.length ?? this.#exchange.request.length;
  }

  toTarget(): AsyncIterable<Buffer> | null {
    if (this.#exchange.request.length === 0) return null;
    this.#go();
    const sent = this.#changed;
    return this.#recorded(sent === undefined ? this.#left() : wholeOf({ head: sent, rest: undefined }));
  }

  /** From its first byte on, whatever of it was taken in. */
  #left(): AsyncIterable<Buffer> {
    return this.#taken === undefined ? this.#chunks : wholeOf(this.#taken);
  }

  /** Tells a client that waits for it to send the body. */
  #go(): void {
    if (this.#exchange.request.expectsContinue && !this.#told) this.#exchange.reply.continue();
    this.#told = true;
  }

  /** Where the record gets it, masked as answers are; of what cannot be looked into it gets size and SHA-256. */
  #record(): BodyRecord {
    const { record, request, gate, options, digests } = this.#exchange;
    const masks = answerMasks(gate);
    const most = options.record_body_kib * 1024;
    const digest = (recorded: number) => () => digests.begin(this.length === undefined ? undefined : this.length - recorded);
    if (isOpen(masks)) return record.body('client', most, undefined, digest(most));
    const mask = contentMask(request.fields, masks, () => undefined, 'client');
    const hidden = mask === 'opaque' || field(request.fields, 'content-encoding') !== undefined;
    return hidden ? record.body('client', 0, undefined, digest(0)) : record.body('client', most, mask, digest(most));
  }

  async *#recorded(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { gate, visit } = this.#exchange;
    const body = this.#record();
    let whole = false;
    try {
      for await (const chunk of chunks) {
        body.write(chunk);
        visit.seen.clientBytes += chunk.length;
        this.#count?.(chunk.length);
        // A target that has all of it may answer, and the session end, before anybody asks for more.
        whole = body.bytes === this.length;
        if (whole) await endRecord(body);
        const wait = gate.durable() ?? body.room();
        if (wait !== undefined) await wait;
        yield chunk;
      }
      if (!whole) await endRecord(body);
    } finally {
      body.drop();
    }
  }
}

async function endRecord(body: BodyRecord): Promise<void> {
  await body.finish();
  body.end();
}
