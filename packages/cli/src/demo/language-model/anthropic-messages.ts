import { type Ask, type Body, listOf, type ModelApi, type ModelEvent, type Reply, textOf, tokensOf } from './reply.ts';

const INPUT_TOKENS = 20;
const SIGNATURE = 'EqQBCgIYAhIMc3RhbmQtaW4tc2lnbmF0dXJl';

/** Anthropic's Messages: {@link https://docs.claude.com/en/api/messages reference}. */
export const anthropicMessages: ModelApi = {
  read(body) {
    const results = listOf(body['messages']).flatMap(({ content }) => listOf(content));
    return {
      model: textOf(body['model']) ?? 'stand-in',
      stream: body['stream'] === true,
      tool: textOf(listOf(body['tools'])[0]?.['name']),
      answered: results.some(({ type }) => type === 'tool_result'),
      thinking: (body['thinking'] as Body | undefined)?.['type'] === 'enabled',
    };
  },
  whole(ask, reply) {
    const content = [
      ...(reply.thinking.length === 0 ? [] : [{ type: 'thinking', thinking: reply.thinking.join(''), signature: SIGNATURE }]),
      { type: 'text', text: reply.text.join('') },
      ...(reply.call === undefined ? [] : [{ ...callOf(reply.call.name), input: JSON.parse(reply.call.arguments.join('')) }]),
    ];
    return {
      ...messageOf(ask),
      content,
      stop_reason: finishOf(reply),
      usage: { input_tokens: INPUT_TOKENS, output_tokens: tokensOf(reply).all },
    };
  },
  events(ask, reply) {
    const { call } = reply;
    const signature = { type: 'signature_delta', signature: SIGNATURE };
    const blocks = [
      ...(reply.thinking.length === 0
        ? []
        : [
            {
              block: { type: 'thinking', thinking: '', signature: '' },
              deltas: [...pieces('thinking_delta', 'thinking', reply.thinking), signature],
            },
          ]),
      { block: { type: 'text', text: '' }, deltas: pieces('text_delta', 'text', reply.text) },
      ...(call === undefined
        ? []
        : [{ block: { ...callOf(call.name), input: {} }, deltas: pieces('input_json_delta', 'partial_json', call.arguments) }]),
    ];
    const bodies: (Body & { readonly type: string })[] = [
      {
        type: 'message_start',
        message: { ...messageOf(ask), content: [], stop_reason: null, usage: { input_tokens: INPUT_TOKENS, output_tokens: 1 } },
      },
      { type: 'ping' },
      ...blocks.flatMap(({ block, deltas }, index) => [
        { type: 'content_block_start', index, content_block: block },
        ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
        { type: 'content_block_stop', index },
      ]),
      {
        type: 'message_delta',
        delta: { stop_reason: finishOf(reply), stop_sequence: null },
        usage: { output_tokens: tokensOf(reply).all },
      },
      { type: 'message_stop' },
    ];
    return bodies.map((data): ModelEvent => ({ name: data.type, data }));
  },
  error: (type, message) => ({ type: 'error', error: { type, message } }),
};

function messageOf({ model }: Ask): Body {
  return { id: 'msg_standin', type: 'message', role: 'assistant', model, stop_sequence: null };
}

function callOf(name: string): Body {
  return { type: 'tool_use', id: 'toolu_standin', name };
}

function pieces(type: string, member: string, texts: readonly string[]): Body[] {
  return texts.map((text) => ({ type, [member]: text }));
}

function finishOf({ call }: Reply): string {
  return call === undefined ? 'end_turn' : 'tool_use';
}
