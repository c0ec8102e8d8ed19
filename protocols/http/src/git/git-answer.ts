import { pour, watched } from '../exchange/answering.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Fields } from '../message/fields.ts';
import type { BodyRecord } from '../recorded/exchange-record.ts';
import type { Answer } from '../upstream/answer.ts';
import { resultType } from './git-refusal.ts';

/** The answer to a push: the gateway's own lines, then the target's or the denial. It begins with the first of them. */
export class GitAnswer {
  readonly #exchange: Exchange;
  #body: BodyRecord | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get started(): boolean {
    return this.#body !== undefined;
  }

  /** Lines for the client while it waits. Few and short: they wait for nobody. */
  tell(lines: Buffer): void {
    if (lines.length === 0 || this.#exchange.signal.aborted) return;
    this.#begin().write(lines);
    this.#exchange.reply.write(lines);
  }

  end(last: Buffer): void {
    const body = this.#begin();
    body.write(last);
    body.end();
    this.#exchange.reply.end(last);
  }

  /** @returns bytes of the target's. */
  async pour(answer: Answer, seen: (chunk: Buffer) => void): Promise<number> {
    const body = this.#begin();
    const bytes = await pour(this.#exchange, tapped(watched(answer.body, this.#exchange, answer), seen), body);
    body.end();
    this.#exchange.reply.end();
    return bytes;
  }

  #begin(): BodyRecord {
    const { options, record, reply, request } = this.#exchange;
    if (this.#body !== undefined) return this.#body;
    const fields: Fields = [
      ['content-type', resultType('receive-pack')],
      ['cache-control', 'no-cache'],
    ];
    record.response(`HTTP/${request.version} 200`, fields);
    this.#body = record.body('target', options.record_body_kib * 1024);
    reply.head(200, fields);
    reply.flush();
    return this.#body;
  }
}

async function* tapped(chunks: AsyncIterable<Buffer>, seen: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    seen(chunk);
    yield chunk;
  }
}
