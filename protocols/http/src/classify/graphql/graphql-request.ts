import { readQuery } from '../request-query.ts';
import { readJson } from './json-request.ts';
import { heldDocument, type Member, readMember } from './member.ts';
import { type RootFields, readRootFields } from './root-fields.ts';

/** What a GraphQL request is read from: https://graphql.github.io/graphql-over-http/draft/. */
export interface GraphqlMessage {
  /** `name=value`, of the URL's query. */
  readonly parameters: readonly string[];
  /** Every `Content-Type`. */
  readonly contentTypes: readonly string[];
  /** Complete and without a coding; undefined where it is not at hand, empty where there is none. */
  readonly body: Buffer | undefined;
}

/** Larger bodies are not looked at. */
export const GRAPHQL_BYTES: number = 2 ** 20;

const NO_DOCUMENT = 'The request has no document: the target may have it.';
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * All that a request may run: its URL can hold a document as well as its body, and which of both counts differs.
 *
 * @returns a sentence where that is not certain.
 */
export function readGraphql({ parameters, contentTypes, body }: GraphqlMessage): readonly RootFields[] | string {
  if (body === undefined) return `The body is not at hand: it is larger than ${GRAPHQL_BYTES} bytes, or encoded.`;
  const url = memberOf(parameters);
  if (typeof url === 'string') return url;
  const inUrl = url.query === undefined && body.length > 0 ? [] : [readMember(url, body.length === 0)];
  if (inUrl.length === 0 && (heldDocument(url) ?? url.extensions) !== undefined)
    return 'The URL names a document besides the one in the body.';
  // Which operation runs, the URL may say for the body too.
  const inBody = body.length === 0 ? [] : readBody(body, contentTypes, url.operationName === undefined);
  if (typeof inBody === 'string') return inBody;
  const all = [...inUrl, ...inBody];
  return all.find((one) => typeof one === 'string') ?? (all as readonly RootFields[]);
}

/** Parameters by the names that JSON has for them, whatever their case. */
function memberOf(parameters: readonly string[]): Member | string {
  const member: Record<string, unknown> = {};
  for (const parameter of parameters) {
    const at = parameter.indexOf('=');
    const name = parameter.slice(0, at).toLowerCase();
    const key = name === 'operationname' ? 'operationName' : name;
    if (Object.hasOwn(member, key)) return `The request has "${key}" twice.`;
    member[key] = key === 'extensions' ? json(parameter.slice(at + 1)) : parameter.slice(at + 1);
  }
  return member;
}

/** @returns undefined for what is no JSON, which no server takes. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readBody(body: Buffer, contentTypes: readonly string[], chosen: boolean): readonly (RootFields | string)[] | string {
  const text = decode(body);
  const [type = '', ...options] = (contentTypes[0] ?? 'application/json').toLowerCase().split(';');
  const charset = options.map((one) => one.trim()).find((one) => one.startsWith('charset'));
  if (text === undefined || contentTypes.length > 1 || (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)))
    return 'The body is no UTF-8, or says so.';
  switch (type.trim()) {
    case 'application/graphql':
      return [readRootFields(text, undefined)];
    case 'application/x-www-form-urlencoded': {
      // Many servers read JSON whatever the type says, so what may be JSON is taken for nothing else.
      const form = /^\s*[[{"]/.test(text) ? { refused: 'The body is no form.' } : readQuery(text);
      if ('refused' in form) return form.refused;
      const member = form.incomplete ? 'The body holds escapes that servers read differently.' : memberOf(form.parameters);
      return typeof member === 'string' ? member : [member.query === undefined ? NO_DOCUMENT : readMember(member, chosen)];
    }
    default:
      return readJson(text, chosen);
  }
}

function decode(body: Buffer): string | undefined {
  try {
    return UTF8.decode(body);
  } catch {
    return undefined;
  }
}
