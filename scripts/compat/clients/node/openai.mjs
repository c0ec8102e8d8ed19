import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { runChecks } from './checks.mjs';

// LLM_URL, LLM_TOKEN; with LLM_MASKED e-mail addresses, cards and AWS keys do not show.
const baseURL = `${process.env.LLM_URL}/v1`;
const client = new OpenAI({ baseURL, apiKey: process.env.LLM_TOKEN, maxRetries: 0 });
const gateway = process.env.LLM_TOKEN.startsWith('sp_') || Boolean(process.env.HTTPS_PROXY);
const masked = process.env.LLM_MASKED === '1';
const SECRETS = /carol\.jones@example\.com|4111 ?1111|AKIAIOSFODNN7EXAMPLE/;
const messages = [{ role: 'user', content: 'Who is our customer?' }];
const parameters = { type: 'object', properties: { to: { type: 'string' } } };
const tools = [{ type: 'function', function: { name: 'mail', parameters } }];

function whole(text) {
  assert.match(text, /^The customer is Carol Jones, .+; she paid with .+\. The export runs with .+\.$/);
  assert.equal(SECRETS.test(text), !masked, text);
}

function called(text) {
  const found = JSON.parse(text);
  assert.equal(found.subject, 'Your order');
  assert.deepEqual(Object.keys(found), ['to', 'subject', 'card']);
  assert.equal(SECRETS.test(text), !masked, text);
}

await runChecks({
  async 'chat in one piece'() {
    const answer = await client.chat.completions.create({ model: 'm', messages });
    whole(answer.choices[0].message.content);
    assert.equal(answer.usage.prompt_tokens, 20);
  },
  async 'chat streamed'() {
    const stream = await client.chat.completions.create({ model: 'm', messages, stream: true });
    let text = '';
    const finished = [];
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? '';
      if (choices[0]?.finish_reason) finished.push(choices[0].finish_reason);
    }
    whole(text);
    assert.deepEqual(finished, ['stop']);
  },
  async 'chat with a tool'() {
    const stream = client.chat.completions.stream({ model: 'm', messages, tools });
    const answer = await stream.finalChatCompletion();
    const { message, finish_reason } = answer.choices[0];
    assert.equal(message.content, 'I write to her.');
    assert.equal(finish_reason, 'tool_calls');
    called(message.tool_calls[0].function.arguments);
  },
  async 'a tool that runs'() {
    let given = '';
    const runner = client.chat.completions.runTools({
      model: 'm',
      messages,
      stream: true,
      tools: [
        {
          type: 'function',
          function: {
            name: 'mail',
            parameters,
            parse: JSON.parse,
            function: (input) => {
              given = JSON.stringify(input);
              return 'sent';
            },
          },
        },
      ],
    });
    whole(await runner.finalContent());
    called(given);
  },
  async 'responses in one piece'() {
    const answer = await client.responses.create({ model: 'm', input: 'Who is our customer?' });
    whole(answer.output_text);
  },
  async 'responses streamed'() {
    const stream = client.responses.stream({ model: 'm', input: 'Who is our customer?', reasoning: { effort: 'low' } });
    let text = '';
    let last = -1;
    stream.on('event', ({ sequence_number: number }) => {
      assert.ok(number >= last);
      last = number;
    });
    stream.on('response.output_text.delta', ({ delta }) => {
      text += delta;
    });
    const answer = await stream.finalResponse();
    whole(text);
    assert.equal(answer.output_text, text);
    assert.equal(answer.usage.output_tokens_details.reasoning_tokens, 5);
  },
  async 'responses with a tool'() {
    const stream = client.responses.stream({
      model: 'm',
      input: 'Write to her',
      tools: [{ type: 'function', name: 'mail', parameters, strict: false }],
    });
    let pieces = '';
    stream.on('response.function_call_arguments.delta', ({ delta }) => {
      pieces += delta;
    });
    const answer = await stream.finalResponse();
    const call = answer.output.find(({ type }) => type === 'function_call');
    assert.equal(call.arguments, pieces);
    called(pieces);
  },
  async embeddings() {
    const { data } = await client.embeddings.create({ model: 'm', input: ['a', 'b'], encoding_format: 'float' });
    assert.deepEqual(data[1].embedding, [0.25, -0.5, 0.125]);
  },
  async 'a wrong token'() {
    const other = new OpenAI({ baseURL, apiKey: 'sp_wrong', maxRetries: 0 });
    const asked = other.chat.completions.create({ model: 'm', messages });
    // Through the proxy the gateway's key takes the place of whatever the client shows.
    if (process.env.HTTPS_PROXY) return void (await asked);
    await assert.rejects(asked, OpenAI.AuthenticationError);
  },
  async 'a denial'() {
    const asked = client.chat.completions.create({ model: 'm', messages, stream: true }, { query: { forbidden: '1' } });
    if (!gateway) return void (await asked);
    await assert.rejects(asked, (error) => error instanceof OpenAI.PermissionDeniedError && /ask the platform team/.test(error.message));
  },
  async 'a stream that is left'() {
    const stream = await client.chat.completions.create({ model: 'm', messages, stream: true });
    for await (const _ of stream) break;
    whole((await client.chat.completions.create({ model: 'm', messages })).choices[0].message.content);
  },
});
