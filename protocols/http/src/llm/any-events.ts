import type { ContentMasks, CountHit, TextStream } from '@sallyport/core';
import { anthropicMessages } from './anthropic-messages.ts';
import { type Dialect, NO_MARKS, type Reading } from './dialect.ts';
import { at, type Json, listAt, textAt } from './json-value.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiCompletions } from './openai-completions.ts';
import { openaiResponses } from './openai-responses.ts';
import { StreamedAnswer } from './streamed-answer.ts';

const NOTHING: Reading = { ...NO_MARKS, deltas: [], ends: [], facts: [] };

/** Events of whichever API they look like. Nothing in them counts as signed: who knows whose they are. */
const byShape: Dialect = {
  structured: () => false,
  event(event) {
    const reading = dialectOf(event)?.event(event, false) ?? NOTHING;
    const deltas = reading.deltas.map((delta) => (delta.form === 'signed' ? { ...delta, form: 'text' as const } : delta));
    return { ...reading, deltas, signed: [] };
  },
  document: () => NO_MARKS,
  facts: () => [],
  messages: () => [],
};

function dialectOf(event: Json): Dialect | undefined {
  const type = textAt(event, 'type') ?? '';
  if (type.startsWith('response.')) return openaiResponses;
  if (/^(?:message|content_block)_/.test(type)) return anthropicMessages;
  const [choice] = listAt(event, 'choices');
  if (at(choice, 'delta') !== undefined) return openaiChat;
  return textAt(choice, 'text') === undefined ? undefined : openaiCompletions;
}

/**
 * Masks a `text/event-stream` of an unknown kind: event by event, and where its events look like those of a language model
 * across them, since a model may stand behind any path.
 */
export function eventsMask(masks: ContentMasks, count: CountHit): TextStream {
  const by = { masks, side: 'target' as const, count, countSigned: () => {} };
  return new StreamedAnswer(byShape, false, by, { event: () => {}, bytes: () => {} });
}
