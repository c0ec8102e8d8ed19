import type { ExchangeItem } from '@sallyport/core';

type Head = Extract<ExchangeItem, { readonly type: 'request' | 'response' }>;

/**
 * An answer has come as far as its head says. The gateway's own answers always say it, and no result follows a denial that
 * would tell that it is over.
 *
 * @param bytes of its body so far.
 */
export function isWholeAnswer(request: Pick<Head, 'line'>, response: Pick<Head, 'fields'> | undefined, bytes: number): boolean {
  if (response === undefined) return false;
  const length = response.fields.find(([name]) => name === 'content-length')?.[1];
  return request.line.startsWith('HEAD ') || (length !== undefined && bytes >= Number(length));
}
