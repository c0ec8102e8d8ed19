import { startLanguageModel } from '../../packages/cli/src/demo/language-model/language-model.ts';
import { startHttpGateway } from '../../test-fixtures/servers/http-gateway.ts';
import { type Client, nodeClient } from './clients.ts';
import { type Route, type Tally, tryAll } from './trial.ts';

/** Those of language models, in the order of the table. */
export const LLM_CLIENTS: readonly Client[] = [nodeClient('openai'), nodeClient('anthropic')];

const MASKING = [{ name: 'personal data and keys', detect: ['email', 'card', 'aws-key'], method: 'redact' }];
/** Denied through the gateway, and unknown to the model. */
const RULES = [{ name: 'not so', match: { query: ['forbidden=1'] }, action: 'deny', message: 'ask the platform team' }];
/** What a gateway before the stand-in signs in with. */
const KEY = 'target-secret';

/** The vendors' own clients with a stand-in for a language model: directly, through a gateway, and through one that masks. */
export async function tryLlm(names: readonly string[], directOnly: boolean): Promise<Tally> {
  const clients = LLM_CLIENTS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (clients.length === 0) return { passed: 0, failed: 0 };
  await using stack = new AsyncDisposableStack();
  const model = await startLanguageModel({ key: KEY });
  stack.defer(() => model.stop());
  const routes = [route('direct', model.url, KEY, false)];
  for (const masked of directOnly ? [] : [false, true]) {
    const target = { address: `127.0.0.1:${model.port}`, llm: true, token_header: 'x-api-key' };
    const gateway = await startHttpGateway({ target, rules: RULES, masking: masked ? MASKING : [] });
    stack.defer(() => gateway.stop());
    routes.push(route(masked ? 'masked' : 'gateway', gateway.url, gateway.token, masked));
  }
  return await tryAll({ title: 'Language models', clients, routes, reset: () => Promise.resolve(), notWithMasks: new Map() });
}

function route(name: string, url: string, token: string, masked: boolean): Route {
  return { name, env: { LLM_URL: url, LLM_TOKEN: token, LLM_MASKED: masked ? '1' : '0' }, masked };
}
