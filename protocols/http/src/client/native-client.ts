import { readFileSync, writeFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { type Endpoint, isLoopbackClient, type NativeClient } from '@sallyport/core';
import { TARGET_HEADER } from '../message/gateway-fields.ts';

/** User name of Basic that stands for nobody: the token says who it is. */
const NOBODY = 'token';

/**
 * The user's shell, or any program, with an environment by which the usual clients find the gateway, trust it and sign in: the
 * address of a target's own listener, or the forward proxy.
 */
export function nativeClient(endpoint: Endpoint): NativeClient {
  const { facts = {}, caFile, forwardCaFile } = endpoint;
  const own = facts['forward'] === undefined;
  const trusted = own ? [caFile] : [caFile, ...(forwardCaFile === undefined ? [] : [forwardCaFile])];
  const origin = new URL(
    own || !isLoopbackClient(authorityOf(endpoint)) ? `https://${authorityOf(endpoint)}` : `http://${authorityOf(endpoint)}`,
  );
  origin.username = NOBODY;
  return {
    program: process.env['SHELL'] ?? '/bin/sh',
    args: [],
    env: { ...trustIn(caFile, trusted), ...(own ? reverse(endpoint) : forward(endpoint, origin)) },
    dsn: origin.href,
    anyProgram: true,
  };
}

/** What the usual clients read to know whom to trust: Node.js adds a file to what it has, all others want the whole. */
function trustIn(caFile: string, files: readonly string[]): Readonly<Record<string, string>> {
  const [extra, bundle] = [caFile.replace(/(?:\.pem)?$/, '-extra.pem'), caFile.replace(/(?:\.pem)?$/, '-bundle.pem')];
  const own = files.map((file) => readFileSync(file, 'utf8').trim());
  const system = getCACertificates('system');
  writeFileSync(extra, `${own.join('\n')}\n`);
  writeFileSync(bundle, `${[...own, ...(system.length > 0 ? system : getCACertificates('bundled'))].join('\n')}\n`);
  const whole = ['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'GIT_SSL_CAINFO'];
  return { NODE_EXTRA_CA_CERTS: extra, ...Object.fromEntries(whole.map((name) => [name, bundle])) };
}

/** https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpltvargtextraHeader */
function reverse(endpoint: Endpoint): Readonly<Record<string, string>> {
  const { target, token, facts = {} } = endpoint;
  const url = `https://${authorityOf(endpoint)}`;
  const name = target.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
  return {
    [`SALLYPORT_URL_${name}`]: url,
    [`SALLYPORT_TOKEN_${name}`]: token,
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: `http.${url}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Bearer ${token}`,
    // Where several targets share the address.
    GIT_CONFIG_KEY_1: `http.${url}/.extraHeader`,
    GIT_CONFIG_VALUE_1: `${TARGET_HEADER}: ${target}`,
    ...models(facts, url, token),
  };
}

/** What the official libraries of OpenAI and Anthropic, and many others, read. */
function models(facts: Readonly<Record<string, string>>, url: string, token: string): Readonly<Record<string, string>> {
  const apis = facts['model']?.split(' ') ?? [];
  // As x-api-key a token would go on to the target, unless the gateway looks for it there.
  const anthropic = facts['token_header'] === 'x-api-key' ? 'ANTHROPIC_API_KEY' : 'ANTHROPIC_AUTH_TOKEN';
  return {
    ...(apis.includes('openai') && { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: token }),
    ...(apis.includes('anthropic') && { ANTHROPIC_BASE_URL: url, [anthropic]: token }),
  };
}

function forward({ token, facts = {} }: Endpoint, origin: URL): Readonly<Record<string, string>> {
  const proxy = new URL(origin);
  proxy.password = token;
  const url = proxy.href.replace(/\/$/, '');
  const [host = ''] = (facts['address'] ?? '').split(':');
  const said = process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? 'localhost,127.0.0.1,::1';
  // Whoever starts a program for a target means it to come this way.
  const local = said
    .split(',')
    .map((each) => each.trim())
    .filter((each) => !covers(each, host))
    .join(',');
  return { HTTPS_PROXY: url, https_proxy: url, NO_PROXY: local, no_proxy: local, NODE_USE_ENV_PROXY: '1' };
}

/** An entry of `NO_PROXY` covers a host and all below it. https://curl.se/docs/manpage.html#--noproxy */
function covers(entry: string, host: string): boolean {
  const name = entry
    .replace(/^\*?\./, '')
    .replace(/:\d+$/, '')
    .toLowerCase();
  return entry === '*' || host === name || host.endsWith(`.${name}`);
}

function authorityOf({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
