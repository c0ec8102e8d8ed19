import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { runChecks } from './checks.mjs';

// LLM_URL, LLM_TOKEN; with LLM_MASKED e-mail addresses, cards and AWS keys do not show.
const baseURL = process.env.LLM_URL;
const client = new Anthropic({ baseURL, apiKey: process.env.LLM_TOKEN, maxRetries: 0 });
const gateway = process.env.LLM_TOKEN.startsWith('sp_') || Boolean(process.env.HTTPS_PROXY);
const masked = process.env.LLM_MASKED === '1';
const SECRETS = /carol\.jones@example\.com|4111 ?1111|AKIAIOSFODNN7EXAMPLE/;
const common = { model: 'm', max_tokens: 1000, messages: [{ role: 'user', content: 'Who is our customer?' }] };
const tools = [{ name: 'mail', input_schema: { type: 'object', properties: { to: { type: 'string' } } } }];

function whole(text) {
  assert.match(text, /^The customer is Carol Jones, .+; she paid with .+\. The export runs with .+\.$/);
  assert.equal(SECRETS.test(text), !masked, text);
}

const textOf = ({ content }) => content.find(({ type }) => type === 'text').text;

await runChecks({
  async 'a message in one piece'() {
    const message = await client.messages.create(common);
    whole(textOf(message));
    assert.equal(message.usage.input_tokens, 20);
  },
  async 'a message streamed'() {
    const stream = client.messages.stream(common);
    let text = '';
    stream.on('text', (piece) => {
      text += piece;
    });
    const message = await stream.finalMessage();
    whole(text);
    assert.equal(textOf(message), text);
    assert.equal(message.stop_reason, 'end_turn');
  },
  async 'a tool'() {
    const message = await client.messages.stream({ ...common, tools }).finalMessage();
    const call = message.content.find(({ type }) => type === 'tool_use');
    assert.deepEqual([call.name, call.input.subject], ['mail', 'Your order']);
    assert.equal(SECRETS.test(JSON.stringify(call.input)), !masked);
    assert.equal(message.stop_reason, 'tool_use');
  },
  async 'thinking that can be sent back'() {
    const thinking = { type: 'enabled', budget_tokens: 1024 };
    const message = await client.messages.stream({ ...common, max_tokens: 2000, thinking }).finalMessage();
    const [block] = message.content;
    // Signed: it reaches the client as the model wrote it.
    assert.equal(block.thinking, 'I look for the customer carol.jones@example.com.');
    assert.match(block.signature, /^EqQB/);
    const messages = [...common.messages, { role: 'assistant', content: message.content }, { role: 'user', content: 'Go on' }];
    whole(textOf(await client.messages.create({ ...common, messages })));
  },
  async 'a count of tokens'() {
    const { max_tokens, ...rest } = common;
    assert.ok((await client.messages.countTokens(rest)).input_tokens > max_tokens / 1000);
  },
  async 'a wrong token'() {
    const other = new Anthropic({ baseURL, apiKey: 'sp_wrong', maxRetries: 0 });
    const asked = other.messages.create(common);
    // Through the proxy the gateway's key takes the place of whatever the client shows.
    if (process.env.HTTPS_PROXY) return void (await asked);
    await assert.rejects(asked, Anthropic.AuthenticationError);
  },
  async 'a denial'() {
    const asked = client.messages.create({ ...common, stream: true }, { query: { forbidden: '1' } });
    if (!gateway) return void (await asked);
    await assert.rejects(asked, (error) => error instanceof Anthropic.PermissionDeniedError && /ask the platform team/.test(error.message));
  },
  async 'a stream that is left'() {
    for await (const _ of client.messages.stream(common)) break;
    whole(textOf(await client.messages.create(common)));
  },
});
