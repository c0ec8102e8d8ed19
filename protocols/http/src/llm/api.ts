/** The APIs of language models that are understood, by what is asked for. */
export type LlmApi = 'chat' | 'responses' | 'completions' | 'embeddings' | 'messages' | 'count_tokens';

/** Deployments of Azure OpenAI have the API behind their name, without a version. */
const AZURE = '/openai(?:/deployments/[^/]+)?';

const PATHS: readonly (readonly [LlmApi, RegExp])[] = [
  // https://platform.openai.com/docs/api-reference/chat, and GitHub Copilot's, which has no version
  ['chat', /\/chat\/completions$/],
  // https://platform.openai.com/docs/api-reference/responses
  ['responses', new RegExp(`(?:^|/v1|^${AZURE})/responses$`)],
  // https://docs.claude.com/en/api/messages
  ['messages', /\/v1\/messages$/],
  ['count_tokens', /\/v1\/messages\/count_tokens$/],
  ['embeddings', new RegExp(`(?:^|/v1|^${AZURE})/embeddings$`)],
  ['completions', new RegExp(`(?:^|/v1|^${AZURE})/completions$`)],
];

/** An answer of the Responses API that was kept, or goes on in the background. */
const KEPT_RESPONSE = new RegExp(`(?:/v1|^${AZURE})/responses/[^/]+$`);

/**
 * Which API a request is of, by its method and path, also behind a prefix (`/openai/deployments/gpt-4o/chat/completions`,
 * `/api/v1/messages`). A service that is no language model may have such a path: that is for reading and masking, never
 * a reason to let a request pass.
 *
 * @param path normalised, without the query.
 */
export function llmApi(method: string, path: string): LlmApi | undefined {
  // Some servers take other spellings of their paths; what is masked must not hang on that.
  const plain = path.toLowerCase().replace(/\/+$/, '');
  if (method === 'GET') return KEPT_RESPONSE.test(plain) ? 'responses' : undefined;
  if (method !== 'POST') return undefined;
  return PATHS.find(([, pattern]) => pattern.test(plain))?.[0];
}
