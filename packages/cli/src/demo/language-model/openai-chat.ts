import { type Body, listOf, type ModelApi, type ModelEvent, type Reply, textOf, tokensOf } from './reply.ts';

const CREATED = 1_763_700_000;
const ID = 'chatcmpl-standin';
const CALL_ID = 'call_standin';
const PROMPT_TOKENS = 20;

/** OpenAI's Chat Completions: {@link https://platform.openai.com/docs/api-reference/chat reference}. */
export const openaiChat: ModelApi = {
  read(body) {
    const tool = listOf(body['tools'])[0]?.['function'];
    return {
      model: textOf(body['model']) ?? 'stand-in',
      stream: body['stream'] === true,
      tool: tool === undefined ? undefined : textOf((tool as Body)['name']),
      answered: listOf(body['messages']).some(({ role }) => role === 'tool'),
      thinking: false,
    };
  },
  whole(ask, reply) {
    const calls = reply.call && [
      { id: CALL_ID, type: 'function', function: { name: reply.call.name, arguments: reply.call.arguments.join('') } },
    ];
    const message = { role: 'assistant', content: reply.text.join(''), refusal: null, ...(calls && { tool_calls: calls }) };
    const choice = { index: 0, message, logprobs: null, finish_reason: finishOf(reply) };
    return { id: ID, object: 'chat.completion', created: CREATED, model: ask.model, choices: [choice], usage: usageOf(reply) };
  },
  events(ask, reply) {
    const envelope = { id: ID, object: 'chat.completion.chunk', created: CREATED, model: ask.model };
    const chunk = (delta: Body, finish_reason: string | null = null): ModelEvent => ({
      data: { ...envelope, choices: [{ index: 0, delta, logprobs: null, finish_reason }] },
    });
    const { call } = reply;
    const named =
      call && chunk({ tool_calls: [{ index: 0, id: CALL_ID, type: 'function', function: { name: call.name, arguments: '' } }] });
    return [
      chunk({ role: 'assistant', content: '', refusal: null }),
      ...reply.text.map((content) => chunk({ content })),
      ...(named === undefined ? [] : [named]),
      ...(call?.arguments ?? []).map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
      chunk({}, finishOf(reply)),
      { data: { ...envelope, choices: [], usage: usageOf(reply) } },
      { data: '[DONE]' },
    ];
  },
  error: (type, message) => ({ error: { message, type, param: null, code: type } }),
};

function finishOf({ call }: Reply): string {
  return call === undefined ? 'stop' : 'tool_calls';
}

function usageOf(reply: Reply): Body {
  const { all, thinking } = tokensOf(reply);
  return {
    prompt_tokens: PROMPT_TOKENS,
    completion_tokens: all,
    total_tokens: PROMPT_TOKENS + all,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: thinking },
  };
}

/** Embeddings of nothing in particular: {@link https://platform.openai.com/docs/api-reference/embeddings reference}. */
export function embeddingsOf(body: Body): Body {
  const inputs = Array.isArray(body['input']) ? body['input'].length : 1;
  const data = Array.from({ length: inputs }, (_, index) => ({ object: 'embedding', index, embedding: [0.25, -0.5, 0.125] }));
  return { object: 'list', data, model: textOf(body['model']) ?? 'stand-in', usage: { prompt_tokens: inputs, total_tokens: inputs } };
}
