import type { CountHit, TextMask } from '@sallyport/core';
import { decodeErrorOrNotice, encodeErrorOrNotice } from '../codec/error-fields.ts';
import { decodeNotificationResponse, encodeNotificationResponse } from '../codec/session-messages.ts';

/** Message, detail, hint, where and internal query: the fields of an error or notice that may hold any text. */
const TEXT_FIELDS = new Set(['M', 'D', 'H', 'W', 'q']);

/** A text without what is sensitive by its form. */
export function searchedText(text: string, mask: TextMask | undefined, count: CountHit = () => undefined): string {
  if (mask === undefined) return text;
  const bytes = Buffer.from(text);
  if (!mask.mayFind(bytes, 0, bytes.length)) return text;
  return mask.value(bytes, 0, bytes.length, count)?.toString('utf8') ?? text;
}

/** An ErrorResponse or NoticeResponse without what is sensitive by its form. */
export function searchedMessage(raw: Buffer, mask: TextMask | undefined, count: CountHit): Buffer {
  if (mask === undefined || !mask.mayFind(raw, 0, raw.length)) return raw;
  const { type, fields } = decodeErrorOrNotice(raw);
  const seen = [...fields].map(([field, text]) => [field, TEXT_FIELDS.has(field) ? searchedText(text, mask, count) : text] as const);
  return encodeErrorOrNotice({ type, fields: new Map(seen) });
}

/** A NotificationResponse whose payload is searched. */
export function searchedNotification(raw: Buffer, mask: TextMask | undefined, count: CountHit): Buffer {
  if (mask === undefined || !mask.mayFind(raw, 0, raw.length)) return raw;
  const notification = decodeNotificationResponse(raw);
  return encodeNotificationResponse({ ...notification, payload: searchedText(notification.payload, mask, count) });
}
