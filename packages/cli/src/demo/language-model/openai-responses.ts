import { type Ask, type Body, listOf, type ModelApi, type ModelEvent, type Reply, textOf, tokensOf } from './reply.ts';

const CREATED = 1_763_700_000;
const INPUT_TOKENS = 20;

/** OpenAI's Responses: {@link https://platform.openai.com/docs/api-reference/responses reference}. */
export const openaiResponses: ModelApi = {
  read(body) {
    const reasoning = body['reasoning'];
    return {
      model: textOf(body['model']) ?? 'stand-in',
      stream: body['stream'] === true,
      tool: textOf(listOf(body['tools'])[0]?.['name']),
      answered: listOf(body['input']).some(({ type }) => type === 'function_call_output'),
      thinking: typeof reasoning === 'object' && reasoning !== null,
    };
  },
  whole: (ask, reply) => responseOf(ask, 'completed', itemsOf(reply), usageOf(reply)),
  events(ask, reply) {
    const begun = responseOf(ask, 'in_progress', [], null);
    const items = itemsOf(reply);
    const bodies = [
      { type: 'response.created', response: begun },
      { type: 'response.in_progress', response: begun },
      ...items.flatMap((item, index) => itemEvents(item, index, reply)),
      { type: 'response.completed', response: responseOf(ask, 'completed', items, usageOf(reply)) },
    ];
    return bodies.map((body, sequence_number): ModelEvent => ({ name: body.type, data: { ...body, sequence_number } }));
  },
  error: (type, message) => ({ error: { message, type, param: null, code: type } }),
};

interface TypedBody extends Body {
  readonly type: string;
}

function itemsOf({ thinking, text, call }: Reply): TypedBody[] {
  const summary = [{ type: 'summary_text', text: thinking.join('') }];
  const content = [{ type: 'output_text', annotations: [], logprobs: [], text: text.join('') }];
  const named = call && { id: 'fc_1', type: 'function_call', status: 'completed', call_id: 'call_standin', name: call.name };
  return [
    ...(thinking.length === 0 ? [] : [{ id: 'rs_1', type: 'reasoning', summary }]),
    { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content },
    ...(call === undefined || named === undefined ? [] : [{ ...named, arguments: call.arguments.join('') }]),
  ];
}

/** An item's life: added empty, its text piece by piece, then whole again and again. */
function itemEvents(item: TypedBody, output_index: number, reply: Reply): TypedBody[] {
  const where = { item_id: item['id'], output_index };
  const added = (empty: Body): TypedBody => ({
    type: 'response.output_item.added',
    output_index,
    item: { ...item, status: 'in_progress', ...empty },
  });
  const done: TypedBody = { type: 'response.output_item.done', output_index, item };
  if (item.type === 'function_call') {
    const pieces = reply.call?.arguments ?? [];
    const type = 'response.function_call_arguments';
    const deltas = pieces.map((delta) => ({ type: `${type}.delta`, ...where, delta }));
    return [added({ arguments: '' }), ...deltas, { type: `${type}.done`, ...where, arguments: pieces.join('') }, done];
  }
  const isText = item.type === 'message';
  const [base, part] = isText
    ? ['response.output_text', 'response.content_part']
    : ['response.reasoning_summary_text', 'response.reasoning_summary_part'];
  const place = { ...where, ...(isText ? { content_index: 0 } : { summary_index: 0 }) };
  const pieces = isText ? reply.text : reply.thinking;
  const whole = listOf(isText ? item['content'] : item['summary'])[0] ?? {};
  const logprobs = isText ? { logprobs: [] } : {};
  return [
    added(isText ? { content: [] } : { summary: [] }),
    { type: `${part}.added`, ...place, part: { ...whole, text: '' } },
    ...pieces.map((delta) => ({ type: `${base}.delta`, ...place, delta, ...logprobs })),
    { type: `${base}.done`, ...place, text: pieces.join(''), ...logprobs },
    { type: `${part}.done`, ...place, part: whole },
    done,
  ];
}

function responseOf(ask: Ask, status: string, output: readonly Body[], usage: Body | null): Body {
  const about = { id: 'resp_standin', object: 'response', created_at: CREATED, status, error: null, incomplete_details: null };
  const settings = {
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
  };
  return { ...about, model: ask.model, output, ...settings, text: { format: { type: 'text' } }, usage };
}

function usageOf(reply: Reply): Body {
  const { all, thinking } = tokensOf(reply);
  return {
    input_tokens: INPUT_TOKENS,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: all,
    output_tokens_details: { reasoning_tokens: thinking },
    total_tokens: INPUT_TOKENS + all,
  };
}
