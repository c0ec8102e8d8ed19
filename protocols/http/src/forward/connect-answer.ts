import { challenges, type Refusal, type Refused, refuse } from '../exchange/refusal.ts';
import type { Fields } from '../message/fields.ts';

/** Error types of https://www.rfc-editor.org/rfc/rfc9209#section-2.3, by status. */
const PROXY_ERRORS: Readonly<Record<number, string>> = {
  400: 'http_request_error',
  403: 'http_request_denied',
  502: 'destination_unavailable',
  504: 'connection_timeout',
};

/** Refuses a CONNECT. Clients show of such an answer the status at best: the sentence stands in `Proxy-Status` too, for `curl -v`. */
export function refuseConnect(refused: Refused, refusal: Refusal): void {
  const { status, message, fields = [] } = refusal;
  const error = PROXY_ERRORS[status] ?? 'proxy_internal_error';
  const why: Fields = status === 407 ? challenges(status) : [['proxy-status', `sallyport; error=${error}; details="${quoted(message)}"`]];
  refuse(refused, { ...refusal, fields: [...why, ...fields, ['connection', 'close']] });
}

/** A string of structured fields holds printable ASCII. https://www.rfc-editor.org/rfc/rfc9651#section-3.3.3 */
function quoted(text: string): string {
  return text.replaceAll(/[^ -~]/g, '?').replaceAll(/["\\]/g, '\\$&');
}
