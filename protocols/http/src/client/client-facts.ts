import type { Target } from '@sallyport/core';
import { isLanguageModel } from '../classify/language-model-host.ts';
import type { TargetOptions } from '../target-schema.ts';

/**
 * What clients must know of a target.
 *
 * - `forward`: `tls` where the gateway ends TLS, `tunnel` where it does not; absent: clients use the gateway's own address.
 * - `address`: the server's own, with its port unless that is 443.
 * - `token_header`: where a token may be shown besides.
 * - `model`: the APIs of language models that it may have, `openai` and `anthropic`; absent: it is none.
 */
export function clientFacts({ host, port, options }: Pick<Target, 'host' | 'port' | 'options'>): Readonly<Record<string, string>> {
  const { forward, token_header, llm } = options as TargetOptions;
  return {
    ...(forward !== undefined && { forward: forward === true ? 'tls' : 'tunnel', address: port === 443 ? host : `${host}:${port}` }),
    ...(token_header !== undefined && { token_header: token_header.toLowerCase() }),
    ...((llm ?? isLanguageModel(host)) && { model: modelsOf(host) }),
  };
}

function modelsOf(host: string): string {
  if (host === 'api.anthropic.com') return 'anthropic';
  return isLanguageModel(host) ? 'openai' : 'openai anthropic';
}
