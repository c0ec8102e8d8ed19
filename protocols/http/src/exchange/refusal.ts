import type { ClientRequest, Reply } from '../message/client-request.ts';
import type { Fields } from '../message/fields.ts';
import { SESSION_HEADER } from '../message/gateway-fields.ts';
import type { ExchangeRecord } from '../recorded/exchange-record.ts';

/** Why the gateway itself answers. */
export interface Refusal {
  readonly status: number;
  /** What happened, in the words of a machine: `denied`, `held`, `unauthorised`, `target_unreachable` … */
  readonly type: string;
  /** One sentence for people. */
  readonly message: string;
  readonly rules?: readonly string[] | undefined;
  readonly session?: string | undefined;
  readonly approval?: string | undefined;
  readonly fields?: Fields;
}

/**
 * The body of an answer of the gateway's own. It is laid out so that the usual clients show its sentence: OpenAI's and
 * Anthropic's libraries read `error.message`, GitHub's `message`.
 */
export function refusalBody({ type, message, rules, session, approval }: Refusal): Buffer {
  const sentence = `sallyport: ${message}`;
  const body = {
    type: 'error',
    error: { type, code: type, message: sentence },
    message: sentence,
    reason: message,
    ...(rules !== undefined && { rule: rules }),
    ...(approval !== undefined && { approval }),
    ...(session !== undefined && { session }),
  };
  return Buffer.from(`${JSON.stringify(body)}\n`);
}

/** The head and body of such an answer. */
function refusalAnswer(refusal: Refusal): { readonly fields: Fields; readonly body: Buffer } {
  const body = refusalBody(refusal);
  const fields: Fields = [
    ['content-type', 'application/json'],
    ['content-length', String(body.length)],
    ['cache-control', 'no-store'],
    ...(refusal.session === undefined ? [] : [[SESSION_HEADER, refusal.session] as const]),
    ...(refusal.fields ?? []),
  ];
  return { fields, body };
}

/** What is answered, and where the record gets it, if somebody was let in. */
export interface Refused {
  readonly request: Pick<ClientRequest, 'method' | 'version'>;
  readonly reply: Reply;
  readonly record?: ExchangeRecord | undefined;
}

/** Answers in the target's place; an answer that has begun is cut off instead. */
export function refuse({ request, reply, record }: Refused, refusal: Refusal): void {
  if (reply.started) {
    reply.destroy();
    return;
  }
  const { fields, body } = refusalAnswer(refusal);
  const headOnly = request.method === 'HEAD';
  record?.answer(`HTTP/${request.version} ${refusal.status}`, fields, headOnly ? undefined : body);
  reply.head(refusal.status, fields, headOnly);
  if (!headOnly) reply.end(body);
}

/** How somebody whom nobody knows may sign in. https://www.rfc-editor.org/rfc/rfc9110#section-11.6 @param status 401, or 407 at a proxy */
export function challenges(status: number): Fields {
  const name = status === 407 ? 'proxy-authenticate' : 'www-authenticate';
  return [
    [name, 'Basic realm="sallyport", charset="UTF-8"'],
    [name, 'Bearer realm="sallyport"'],
  ];
}
