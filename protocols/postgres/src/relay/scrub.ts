import { decodeErrorOrNotice, encodeErrorOrNotice } from '../codec/error-fields.ts';
import { decodeNotificationResponse, encodeNotificationResponse } from '../codec/session-messages.ts';
import { conditionName } from './conditions.ts';

/** Detail, where, hint and internal query: they quote rows, parameters and texts. */
const QUOTING_FIELDS = ['D', 'W', 'H', 'q'];

/**
 * States of the session, the transaction and the server, whose messages name no value: everything
 * else may quote one, as `current_setting(email)` does with 42704. A closed list, so that a new one hides.
 */
const PLAIN_STATES = /^(25|26|34|40|53|54|57|42501|55P03)/;

/** What is wrong with the client's own text, said by the parser: then it says where. */
const OF_THE_TEXT = /^42/;

/** What an ErrorResponse over protected data may say. */
export function scrubError(raw: Buffer): Buffer {
  const { type, fields } = decodeErrorOrNotice(raw);
  const state = fields.get('C') ?? '';
  const plain = PLAIN_STATES.test(state) || (OF_THE_TEXT.test(state) && fields.has('P'));
  // Where there is context, a function has spoken, and it can take any state.
  return plain && !fields.has('W') ? encodeErrorOrNotice({ type, fields: withoutQuotes(fields) }) : withoutValues(raw);
}

/** A syntax error quotes the word where it stands: a literal among them may be a password. */
export function scrubSyntaxError(raw: Buffer): Buffer {
  const { type, fields } = decodeErrorOrNotice(raw);
  if (fields.get('C') !== '42601') return raw;
  const message = (fields.get('M') ?? '').replace(/".*['"$\d\s].*"/s, '"…"');
  return encodeErrorOrNotice({ type, fields: new Map(fields).set('M', message) });
}

/** Fields that quote the statement that a function ran. */
const CONTEXT_FIELDS = ['W', 'q'];

/** How the server says what it does not understand of a connection string: by quoting it. */
const ABOUT_CONNECTION = /connection info string|connection string syntax|connection option|\bURI\b/;

/** What an ErrorResponse or NoticeResponse may say of a command whose text may hold passwords. */
export function scrubSealed(raw: Buffer): Buffer {
  const { type, fields } = decodeErrorOrNotice(scrubSyntaxError(raw));
  const kept = [...fields].filter(([field]) => !CONTEXT_FIELDS.includes(field));
  const said = kept.map(([field, text]): [string, string] => [
    field,
    ABOUT_CONNECTION.test(text) ? text.replaceAll(/".*"/gs, '"…"') : text,
  ]);
  return encodeErrorOrNotice({ type, fields: new Map(said) });
}

/** An error about a text that the client has not sent: its position would point into another one. */
export function withoutPosition(raw: Buffer): Buffer {
  const { type, fields } = decodeErrorOrNotice(raw);
  return encodeErrorOrNotice({ type, fields: new Map([...fields].filter(([field]) => field !== 'P')) });
}

/** What a NoticeResponse over protected data may say: RAISE NOTICE can say anything. */
export function scrubNotice(raw: Buffer): Buffer {
  return withoutValues(raw);
}

/** A notification without its payload, which may come from a trigger on a protected table. */
export function scrubNotification(raw: Buffer): Buffer {
  return encodeNotificationResponse({ ...decodeNotificationResponse(raw), payload: '' });
}

function withoutValues(raw: Buffer): Buffer {
  const { type, fields } = decodeErrorOrNotice(raw);
  return encodeErrorOrNotice({ type, fields: withoutQuotes(fields).set('M', conditionName(fields.get('C') ?? '')) });
}

function withoutQuotes(fields: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...fields].filter(([field]) => !QUOTING_FIELDS.includes(field)));
}
