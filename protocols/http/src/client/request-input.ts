import type { Readable } from 'node:stream';
import { takeBody, wholeOf } from '../exchange/request-body.ts';

/** A body up to here is kept, so that the request can be sent again; the gateway holds none that are larger. */
const MOST_KEPT = 16 << 20;
/** Methods whose requests usually have no content: whoever wants some says its type. */
const BARE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/** The content of a request: whole, or as it comes, once. */
export type RequestInput = Buffer | AsyncIterable<Buffer> | undefined;

/** Takes what standard input holds for a request. */
export async function takeInput(method: string, typed: boolean, input: Readable | undefined): Promise<RequestInput> {
  if (input === undefined || (BARE.has(method) && !typed)) return undefined;
  const taken = await takeBody(input as AsyncIterable<Buffer>, MOST_KEPT);
  return taken.rest === undefined ? taken.head : wholeOf(taken);
}
