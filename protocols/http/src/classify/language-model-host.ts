/** Services that serve language models and nothing else under their APIs' paths. */
const HOST =
  /^(?:api\.openai\.com|api\.anthropic\.com|(?:api|proxy)\.(?:[a-z]+\.)?githubcopilot\.com|models\.github\.ai|[a-z0-9-]+\.openai\.azure\.com|api\.mistral\.ai|api\.groq\.com|openrouter\.ai|api\.deepseek\.com|generativelanguage\.googleapis\.com)$/;

/** @param host lower-case, without a port. */
export function isLanguageModel(host: string): boolean {
  return HOST.test(host);
}
