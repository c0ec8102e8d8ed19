import { GatewayError, type Protocol } from '@sallyport/core';
import { compileColumn, Pattern, parseFieldPath } from '@sallyport/masking';
import { formatAddress, isLoopback, isWildcard, parseAddress } from './address.ts';
import { listenOf } from './content.ts';
import { parseDuration } from './duration.ts';
import type { Path } from './problem.ts';
import type { FileContent } from './schema.ts';
import { asList } from './schema-parts.ts';
import { parseSecret } from './secret.ts';

/** Something wrong at a path of the file. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** What no single key shows: keys that need or exclude each other, names that clash. */
export function* check(content: FileContent, protocols: readonly Protocol[]): Iterable<Finding> {
  yield* checkAdmin(content);
  yield* checkTls(content.tls);
  yield* checkListeners(content, protocols);
  for (const [name, target] of Object.entries(content.targets)) {
    const path = ['targets', name];
    yield* checkTarget(path, target, content.demo);
    yield* checkCredentials([...path, 'credentials'], target, protocols);
  }
  for (const [index, entry] of content.access.entries()) yield* checkAccess(['access', index], entry);
  for (const [index, rule] of content.rules.entries()) yield* checkRule(['rules', index], rule);
  for (const [index, mask] of content.masking.entries()) yield* checkMask(['masking', index], mask);
  yield* checkNames('rules', content.rules);
  yield* checkNames('masking', content.masking);
}

function* checkAdmin({ admin }: FileContent): Iterable<Finding> {
  const host = parseAddress(admin.listen)?.host ?? '';
  if (isLoopback(host)) return;
  const message =
    'the admin API would be open to other machines without TLS, which comes with a later release; use 127.0.0.1 and reach it through a tunnel.';
  yield { path: ['admin', 'listen'], message };
}

function* checkTls({ names, cert, key }: FileContent['tls']): Iterable<Finding> {
  if ((cert === undefined) !== (key === undefined)) yield { path: ['tls'], message: 'cert and key belong together: give both files.' };
  if (cert !== undefined && names !== undefined)
    yield { path: ['tls', 'names'], message: 'a certificate of your own brings its names: leave out names, or cert and key.' };
}

function* checkListeners({ admin, targets }: FileContent, protocols: readonly Protocol[]): Iterable<Finding> {
  const taken = [{ who: 'the admin API', protocol: '', listen: admin.listen }];
  for (const [name, target] of Object.entries(targets)) {
    const listen = listenOf(target, protocols);
    const other = taken.find(
      (one) => overlaps(one.listen, listen) && !(sameAddress(one.listen, listen) && one.protocol === target.protocol),
    );
    const mend = target.listen === undefined ? 'give this target a `listen` of its own' : 'choose another port';
    if (other !== undefined)
      yield {
        path: ['targets', name, ...(target.listen === undefined ? [] : ['listen'])],
        message: `${listen} is taken by ${other.who}: ${mend}.`,
      };
    taken.push({ who: `targets.${name}`, protocol: target.protocol, listen });
  }
}

function sameAddress(a: string, b: string): boolean {
  const [left, right] = [parseAddress(a), parseAddress(b)];
  return left !== undefined && right !== undefined && formatAddress(left) === formatAddress(right);
}

function overlaps(a: string, b: string): boolean {
  const [left, right] = [parseAddress(a), parseAddress(b)];
  if (left === undefined || right === undefined || left.port !== right.port) return false;
  return left.host === right.host || isWildcard(left.host) || isWildcard(right.host);
}

function* checkTarget(path: Path, target: FileContent['targets'][string], demo: boolean): Iterable<Finding> {
  if (target.ca !== undefined && target.tls !== 'verify-full')
    yield { path: [...path, 'ca'], message: `has no effect with tls: ${target.tls}; use tls: verify-full.` };
  const { certificate, key } = target.credentials;
  if (certificate !== undefined && key === undefined)
    yield { path: [...path, 'credentials'], message: 'a certificate is worth nothing without its key: give both.' };
  for (const [name, text] of Object.entries(target.credentials)) {
    if (name === 'header') continue;
    const secret = text === undefined ? undefined : parseSecret(text);
    if (text !== undefined && secret === undefined) {
      yield { path: [...path, 'credentials', name], message: 'is no reference: write ${env:NAME} or ${file:PATH}, and nothing around it.' };
    } else if (secret?.from === 'literal' && name !== 'username' && !demo) {
      yield {
        path: [...path, 'credentials', name],
        message: 'must not stand in this file: write ${env:NAME} or ${file:PATH} (only a file with demo: true may hold secrets).',
      };
    }
  }
}

/** How the gateway signs in: as an account, or where the protocol knows that, with a token or not at all. */
function* checkCredentials(
  path: Path,
  { protocol, credentials }: FileContent['targets'][string],
  protocols: readonly Protocol[],
): Iterable<Finding> {
  const { username, password, token, header } = credentials;
  if (protocols.find(({ name }) => name === protocol)?.tokenCredentials !== true) {
    if (username === undefined) yield { path, message: 'names no account: add username, which the gateway uses at the target.' };
    if (token !== undefined) yield { path: [...path, 'token'], message: `is nothing that ${protocol} knows: use username and password.` };
    if (header !== undefined) yield { path: [...path, 'header'], message: `is nothing that ${protocol} knows.` };
    return;
  }
  if (token !== undefined && (username !== undefined || password !== undefined))
    yield { path, message: 'has a token and an account: leave out token, or username and password.' };
  if ((username === undefined) !== (password === undefined))
    yield { path, message: 'username and password belong together: give both, or a token, or nothing.' };
  if (header !== undefined && token === undefined)
    yield { path: [...path, 'header'], message: 'says where the token goes, but there is no token.' };
}

function* checkAccess(path: Path, entry: FileContent['access'][number]): Iterable<Finding> {
  if (entry.users === undefined && entry.groups === undefined)
    yield { path, message: 'says not whom it lets in: add groups or users ("*" for everybody).' };
  if (entry.targets === undefined && entry.labels === undefined)
    yield { path, message: 'says not where it lets in: add targets or labels (targets: "*" for all).' };
}

function* checkRule(path: Path, rule: FileContent['rules'][number]): Iterable<Finding> {
  const { action, approval, unless } = rule;
  if (action === 'hold' && approval === undefined)
    yield { path, message: 'holds commands but names nobody to approve them: add approval: { groups: [...] }.' };
  if (action !== 'hold' && approval !== undefined)
    yield { path: [...path, 'approval'], message: `belongs to action: hold, not ${action}.` };
  if (action !== 'deny' && rule.message !== undefined)
    yield { path: [...path, 'message'], message: `belongs to action: deny, not ${action}.` };
  if (action === 'allow' && !rule.enforce)
    yield { path: [...path, 'enforce'], message: 'shadow mode is for deny and hold: an allow that is not enforced does nothing.' };
  if (action === 'deny') {
    for (const key of ['record', 'results'] as const)
      if (rule[key] !== undefined) yield { path: [...path, key], message: 'has no effect on a denial, which is always recorded.' };
  }
  if (unless !== undefined && Object.keys(unless).length === 0)
    yield { path: [...path, 'unless'], message: 'is empty and would exempt nothing: leave it out, or name who or what is exempt.' };
  if (approval === undefined) return;
  if (approval.grant === 'once' && approval.for !== undefined)
    yield { path: [...path, 'approval', 'for'], message: 'belongs to a grant that lasts: add grant: exact, shape or rule.' };
  if (approval.grant !== 'once' && approval.for === undefined)
    yield { path: [...path, 'approval'], message: `grant: ${approval.grant} needs an end: add for, such as for: 1h.` };
  if (
    (parseDuration(approval.timeout_in_transaction) ?? 0) > (parseDuration(approval.timeout) ?? 0) &&
    approval.timeout_in_transaction !== '30s'
  ) {
    yield { path: [...path, 'approval', 'timeout_in_transaction'], message: `must not be longer than timeout (${approval.timeout}).` };
  }
}

function* checkMask(path: Path, mask: FileContent['masking'][number]): Iterable<Finding> {
  const { columns, detect, pattern, fields, requests, method, domain, unless } = mask;
  const [first, second] = Object.entries({ columns, detect, pattern, fields }).flatMap(([key, value]) =>
    value === undefined ? [] : [key],
  );
  if (first === undefined) yield { path, message: 'says not what it masks: add columns, detect, pattern or fields.' };
  if (second !== undefined)
    yield {
      path: [...path, second],
      message: `does not go together with ${first}: a rule has columns, detect, pattern or fields. Make it two rules.`,
    };
  if (requests && columns !== undefined)
    yield { path: [...path, 'requests'], message: 'does not go together with columns: a request has none. Use detect, pattern or fields.' };
  if (method === 'token' && domain === undefined)
    yield { path, message: 'tokens need a domain, such as domain: contact: within it the same value has the same token.' };
  if (method !== 'token' && domain !== undefined) yield { path: [...path, 'domain'], message: `belongs to method: token, not ${method}.` };
  if (unless !== undefined && Object.keys(unless).length === 0)
    yield { path: [...path, 'unless'], message: 'is empty and would exempt nobody: leave it out, or name groups or users.' };
  yield* checkEach([...path, 'columns'], columns, compileColumn);
  yield* checkEach([...path, 'pattern'], pattern, (text) => new Pattern(text));
  yield* checkEach([...path, 'fields'], fields, parseFieldPath);
}

/** What {@link read} refuses in a value, or in each of a list. */
function* checkEach(path: Path, value: string | readonly string[] | undefined, read: (text: string) => unknown): Iterable<Finding> {
  for (const [index, text] of asList(value ?? []).entries()) {
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      yield { path: Array.isArray(value) ? [...path, index] : path, message: error.message };
    }
  }
}

function* checkNames(section: 'rules' | 'masking', entries: readonly { readonly name: string }[]): Iterable<Finding> {
  for (const [index, { name }] of entries.entries()) {
    const first = entries.findIndex((other) => other.name === name);
    if (first < index)
      yield {
        path: [section, index, 'name'],
        message: `"${name}" is the name of ${section}[${first}] too: recordings could not tell them apart.`,
      };
  }
}
