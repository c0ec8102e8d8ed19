import { errorLine } from '@sallyport/git';
import type { Exchange } from '../exchange/exchange.ts';
import type { Fields } from '../message/fields.ts';
import { SESSION_HEADER } from '../message/gateway-fields.ts';
import type { SmartRequest } from './smart-request.ts';

const NO_CACHE = ['cache-control', 'no-store'] as const;

/**
 * Answers in the target's place, so that git shows the sentence: of what it asks first it shows the text of an error, and
 * later on only a line of its own protocol in an answer that went well.
 */
export function refuseGit(
  { gate, record, reply, request }: Exchange,
  { kind, service }: SmartRequest,
  status: number,
  message: string,
): void {
  if (reply.started) {
    reply.destroy();
    return;
  }
  const sentence = `sallyport: ${message}`;
  const [answered, type, body] =
    kind === 'refs' ? [status, 'text/plain; charset=utf-8', Buffer.from(`${sentence}\n`)] : [200, resultType(service), errorLine(sentence)];
  const fields: Fields = [['content-type', type], ['content-length', String(body.length)], NO_CACHE, [SESSION_HEADER, gate.id]];
  record.answer(`HTTP/${request.version} ${answered}`, fields, body);
  reply.head(answered, fields);
  reply.end(body);
}

/** The type of an answer in a conversation. */
export function resultType(service: SmartRequest['service']): string {
  return `application/x-git-${service}-result`;
}
