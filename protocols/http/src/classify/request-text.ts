import { type Classification, GatewayError } from '@sallyport/core';
import { classifyRequest } from './classify-request.ts';
import type { KnownApis } from './request-facts.ts';
import { readTarget } from './request-target.ts';

const HEAD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(\S+)(?: +HTTP\/[\d.]+)?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * What a request does that somebody wrote down: `METHOD URL` or `METHOD PATH`, headers below it where it has any, and behind
 * an empty line the body.
 *
 * @param host of the target, for a path alone.
 * @throws GatewayError ERR_CONFIG with the sentence that a client would read
 */
export function classifyText(text: string, host: string, apis: KnownApis): Classification {
  const [, head = '', , body = ''] = /^([\s\S]*?)(\r?\n\r?\n([\s\S]*))?$/.exec(text)?.slice(0) ?? [];
  const [line = '', ...fields] = head.trim().split(/\r?\n/);
  const [, method, said] = HEAD.exec(line.trim()) ?? [];
  if (method === undefined || said === undefined)
    throw new GatewayError(
      'ERR_CONFIG',
      'Write a request as METHOD and URL or path, such as "POST /orders"; a body comes behind an empty line.',
    );
  const [, authority, rest] = ABSOLUTE.exec(said) ?? [];
  const target = readTarget(rest === undefined ? said : rest.startsWith('/') ? rest : `/${rest}`);
  if ('refused' in target) throw new GatewayError('ERR_CONFIG', `The gateway refuses this request: ${target.refused}`);
  const bytes = Buffer.from(body);
  const headers = fields.map((field): readonly [string, string] => {
    const [, name, value] = FIELD.exec(field) ?? [];
    if (name === undefined || value === undefined) throw new GatewayError('ERR_CONFIG', `No header: ${JSON.stringify(field)}.`);
    return [name.toLowerCase(), value];
  });
  return classifyRequest({ method, target, host: hostOf(authority ?? host), headers, bytes: bytes.length, body: bytes }, apis);
}

/** A host as rules name it: lower-case, without a port, user or final dot. */
export function hostOf(authority: string): string {
  const named = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase();
  return named.replace(/:\d*$/, '').replace(/(?<=.)\.$/, '');
}
