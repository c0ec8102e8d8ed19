import { llmApi } from './api.ts';

test.each([
  ['POST', '/v1/chat/completions', 'chat'],
  ['POST', '/chat/completions', 'chat'],
  ['POST', '/openai/deployments/gpt-4o/chat/completions', 'chat'],
  ['POST', '/api/v1/chat/completions', 'chat'],
  ['POST', '/v1/completions', 'completions'],
  ['POST', '/openai/deployments/old/completions', 'completions'],
  ['POST', '/v1/responses', 'responses'],
  ['POST', '/responses', 'responses'],
  ['POST', '/openai/v1/responses', 'responses'],
  ['POST', '/openai/responses', 'responses'],
  ['GET', '/v1/responses/resp_123', 'responses'],
  ['POST', '/v1/embeddings', 'embeddings'],
  ['POST', '/openai/deployments/e/embeddings', 'embeddings'],
  ['POST', '/v1/messages', 'messages'],
  ['POST', '/anthropic/v1/messages', 'messages'],
  ['POST', '/v1/messages/count_tokens', 'count_tokens'],
  ['POST', '/V1/Messages/', 'messages'],
  ['GET', '/v1/chat/completions', undefined],
  ['DELETE', '/v1/responses/resp_123', undefined],
  ['POST', '/v1/responses/resp_123/cancel', undefined],
  ['POST', '/messages', undefined],
  ['POST', '/channels/5/messages', undefined],
  ['POST', '/forms/7/responses', undefined],
  ['POST', '/forms/7/completions', undefined],
  ['POST', '/v1/messages/batches', undefined],
  ['POST', '/v1/models', undefined],
])('%s %s is %s', (method, path, api) => {
  expect(llmApi(method, path)).toBe(api);
});
