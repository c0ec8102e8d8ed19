import type { Target } from '@sallyport/core';
import { isGithub } from '../classify/github/github-host.ts';
import { isLanguageModel } from '../classify/language-model-host.ts';
import { credentialField } from '../exchange/target-fields.ts';
import type { TargetOptions } from '../target-schema.ts';
import { type Probed, probe } from './probe.ts';

/** What a service is, as far as its answers tell. */
export interface Service {
  /** What it calls itself. */
  readonly product: string;
  readonly kind: 'language model' | 'GitHub' | undefined;
  /** Neither its host nor the target's keys say so yet: the key that would. */
  readonly missing: 'llm' | 'github' | undefined;
  /** Its status for a question that needs the credential, where there is such a one. */
  readonly status: number;
  /** Another header than the target's, in which the service takes the token. */
  readonly tokenHeader: string | undefined;
}

/** The list of models: https://platform.openai.com/docs/api-reference/models, https://docs.anthropic.com/en/api/models-list */
const MODELS = '/v1/models';
/** https://docs.github.com/en/enterprise-server/rest/meta/meta */
const GITHUB_META = '/api/v3/meta';
/** Where services that do not know `Authorization: Bearer` look for a token. */
const TOKEN_HEADERS = ['x-api-key', 'api-key', 'private-token'];
const REFUSED: ReadonlySet<number> = new Set([401, 407]);

/**
 * Asks a service what it is: a HEAD of `/`, then what only a language model, and what only GitHub, answers.
 *
 * @throws as {@link probe}
 */
export async function look(target: Target, signal: AbortSignal): Promise<Service> {
  const options = target.options as TargetOptions;
  const host = target.host.toLowerCase();
  const credential = credentialField(target);
  const first = await probe(target, 'HEAD', '/', credential, signal);
  const models = options.github === true || isGithub(host) ? undefined : await probe(target, 'GET', MODELS, credential, signal);
  const model = options.llm === true || isLanguageModel(host) || (models !== undefined && answersLikeModel(models));
  const meta = model || models === undefined ? undefined : await probe(target, 'GET', GITHUB_META, credential, signal);
  const github = options.github === true || isGithub(host) || [first, meta].some((answer) => answer !== undefined && isFromGithub(answer));
  const kind = model ? 'language model' : github ? 'GitHub' : undefined;
  const { status } = model && models !== undefined ? models : first;
  return {
    product: productOf(first, kind),
    kind,
    missing: missingKey(kind, options, host),
    status,
    tokenHeader: await headerThatWorks(target, status, model ? MODELS : '/', signal),
  };
}

function missingKey(kind: Service['kind'], { llm, github }: TargetOptions, host: string): Service['missing'] {
  if (kind === 'language model') return llm === undefined && !isLanguageModel(host) ? 'llm' : undefined;
  return kind === 'GitHub' && github === undefined && !isGithub(host) ? 'github' : undefined;
}

/** A list of things with ids, or the error that these APIs have for a wrong key. */
function answersLikeModel({ status, body }: Probed): boolean {
  try {
    const { data, error } = JSON.parse(body) as { readonly data?: unknown; readonly error?: { readonly type?: unknown } };
    if (status === 401) return error?.type === 'authentication_error' || error?.type === 'invalid_request_error';
    return status === 200 && Array.isArray(data) && data.every((each: { readonly id?: unknown } | null) => typeof each?.id === 'string');
  } catch {
    return false;
  }
}

function isFromGithub({ headers }: Probed): boolean {
  return headers['x-github-request-id'] !== undefined || headers['x-github-enterprise-version'] !== undefined;
}

function productOf({ headers }: Probed, kind: Service['kind']): string {
  const named = /^[\x20-\x7e]{1,60}$/.exec(String(headers['server'] ?? ''))?.[0];
  const what = kind === 'language model' ? 'An API of language models' : kind === 'GitHub' ? 'GitHub' : 'An HTTP service';
  return named === undefined ? what : `${what} (${named})`;
}

/** Where the token is refused as it is sent, the first other header in which it is not. */
async function headerThatWorks(target: Target, status: number, path: string, signal: AbortSignal): Promise<string | undefined> {
  const { token, header } = target.credentials;
  if (token === undefined || header !== undefined || !REFUSED.has(status)) return undefined;
  for (const name of TOKEN_HEADERS) {
    const answer = await probe(target, path === '/' ? 'HEAD' : 'GET', path, [name, token], signal);
    if (!REFUSED.has(answer.status)) return name;
  }
  return undefined;
}
