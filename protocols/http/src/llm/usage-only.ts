import { anthropicMessages } from './anthropic-messages.ts';
import { type Dialect, type Message, NO_MARKS } from './dialect.ts';
import { at, type Json } from './json-value.ts';
import { partsText } from './message-text.ts';
import { aboutAnswer } from './openai-chat.ts';

/** Embeddings ({@link https://platform.openai.com/docs/api-reference/embeddings reference}): texts in, numbers out. */
export const openaiEmbeddings: Dialect = {
  structured: () => false,
  event: () => ({ ...NO_MARKS, deltas: [], ends: [], facts: [] }),
  document: () => NO_MARKS,
  facts: aboutAnswer,
  messages: (request) => texts(at(request, 'input')).map((text): Message => ({ role: 'user', text })),
};

/** How many tokens a conversation has ({@link https://docs.claude.com/en/api/messages-count-tokens reference}). */
export const anthropicTokenCount: Dialect = {
  ...openaiEmbeddings,
  document: anthropicMessages.document,
  facts: anthropicMessages.facts,
  messages: anthropicMessages.messages,
};

function texts(input: Json): string[] {
  return Array.isArray(input) ? input.filter((text) => typeof text === 'string') : [partsText(input)];
}
