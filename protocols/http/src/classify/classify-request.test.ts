import type { Classification } from '@sallyport/core';
import type { KnownApis } from './request-facts.ts';
import { classifyText } from './request-text.ts';

const anywhere: KnownApis = { graphql: ['*/graphql'] };
const enterprise: KnownApis = { graphql: ['*/graphql'], github: true };

const at = (host: string, apis: KnownApis) => (text: string) => classifyText(text, host, apis);
const plain = at('api.example.com', anywhere);
const github = at('api.github.com', anywhere);
const ghes = at('git.example.com', enterprise);

/** `class | VERBS | operations | incomplete`, as far as there are any. */
function brief({ class: classes, verbs, objects = {}, incomplete = [] }: Classification): string {
  return [classes, verbs, objects.operations ?? [], incomplete]
    .map((names) => names.join(' '))
    .join(' | ')
    .replace(/( \| )+$/, '');
}
const graphql = (query: string) => `POST /graphql\ncontent-type: application/json\n\n${JSON.stringify({ query })}`;

test.each([
  ['GET /', 'read | GET'],
  ['HEAD /a', 'read | HEAD'],
  ['OPTIONS *', 'read | OPTIONS'],
  ['POST /orders', 'write | POST'],
  ['PUT /orders/1', 'write | PUT'],
  ['PATCH /orders/1', 'write | PATCH'],
  ['DELETE /orders/1', 'write | DELETE'],
  ['CONNECT /x', 'admin | CONNECT'],
  ['TRACE /', 'unknown | TRACE'],
  ['PROPFIND /dav', 'unknown | PROPFIND'],
  ['QUERY /q', 'unknown | QUERY'],
  ['get /', 'unknown | GET'],
  ['PURGE /cache', 'unknown | PURGE'],
  ['POST /a\nX-HTTP-Method-Override: DELETE', 'write | POST DELETE'],
  ['GET /a\nx-http-method-override: delete', 'read write | GET DELETE'],
  ['GET /a\nX_HTTP_Method_Override: PUT', 'read write | GET PUT'],
  ['GET /a\nX-HTTP-Method: PURGE', 'read unknown | GET PURGE'],
  ['GET /a\nX-Method-Override: a b', 'read unknown | GET ?'],
  ['GET /a?_method=delete', 'read write | GET DELETE'],
  ['GET /a?_METHOD=DELETE&_method=PUT', 'read write | GET DELETE PUT'],
  ['POST /a?_method=get', 'write read | POST GET'],
  ['GET /chat\nconnection: upgrade\nupgrade: websocket', 'read write | GET WEBSOCKET'],
  ['GET /exec\nupgrade: SPDY/3.1', 'read unknown | GET UPGRADE'],
  ['GET /a?x=%zz', 'read | GET |  | query'],
  ['GET /a?x=%ff', 'read | GET |  | query'],
  [`GET /a?${'x&'.repeat(300)}`, 'read | GET'],
  [`GET /a?${Array.from({ length: 300 }, (_, n) => `x${n}`).join('&')}`, 'read | GET |  | query'],
  [`GET /a\n${Array.from({ length: 300 }, (_, n) => `x-${n}: 1`).join('\n')}`, 'read | GET |  | headers'],
  // GraphQL
  [graphql('{ viewer { login } }'), 'read | POST | graphql:viewer'],
  [graphql('mutation { a: createOrder b: createOrder payOrder }'), 'write | POST | graphql:createOrder graphql:payOrder'],
  [graphql('subscription { orders }'), 'read | POST | graphql:orders'],
  [graphql('query A { a } mutation B { b }'), 'read write | POST | graphql:a graphql:b'],
  [graphql('mutation {'), 'unknown | POST |  | operations'],
  ['GET /graphql?query=%7Ba%7D', 'read | GET | graphql:a'],
  ['GET /graphql?query=mutation%7Ba%7D', 'write | GET | graphql:a'],
  ['HEAD /graphql?query=mutation%7Ba%7D', 'write | HEAD | graphql:a'],
  ['GET /graphql', 'unknown | GET |  | operations'],
  ['GET /graphql?extensions=%7B%22persistedQuery%22%3A%7B%7D%7D', 'unknown | GET |  | operations'],
  ['POST /graphql\n\n{"id": "7"}', 'unknown | POST |  | operations'],
  ['POST /graphql\n\n[{"query": "{a}"}, {"query": "mutation {b}"}]', 'read write | POST | graphql:a graphql:b'],
  ['POST /graphql\ncontent-type: application/graphql\n\nmutation { a }', 'write | POST | graphql:a'],
  ['POST /graphql\ncontent-encoding: gzip\n\n{"query": "{a}"}', 'unknown | POST |  | operations'],
  ['POST /graphql\ncontent-encoding: identity\n\n{"query": "{a}"}', 'read | POST | graphql:a'],
  ['PUT /graphql\n\n{"query": "{a}"}', 'write | PUT |  | operations'],
  ['POST /graphql?_method=PUT\n\n{"query": "{a}"}', 'read write | POST PUT | graphql:a | operations'],
  ['POST /api/graphql\n\n{"query": "{a}"}', 'read | POST | graphql:a'],
  ['POST /GraphQL\n\n{"query": "mutation {a}"}', 'write | POST | graphql:a'],
  ['POST /GraphQL\n\n{"query": "{a}"}', 'read write | POST | graphql:a'],
  ['POST /graphql/\n\n{"query": "{a}"}', 'read write | POST | graphql:a'],
  ['POST /graphql;x\n\n{"query": "mutation {a}"}', 'write | POST | graphql:a'],
  ['POST /api%2Fgraphql\n\n{"query": "mutation {a}"}', 'write | POST | graphql:a'],
  ['POST /graphql2\n\n{"query": "{a}"}', 'write | POST'],
])('%j', (text, what) => expect(brief(plain(text))).toBe(what));

const repo = '/repos/acme/shop';

test.each([
  [`GET ${repo}`, 'read | GET'],
  [`GET ${repo}/hooks`, 'read | GET'],
  [`GET ${repo}/contents/README.md`, 'read | GET'],
  [`PUT ${repo}/pulls/7/merge`, 'write | PUT | github:merge | refs'],
  [`PUT ${repo}/pulls/7/merge/`, 'write | PUT | github:merge | refs'],
  ['PUT /REPOS/acme/shop/pulls/7/MERGE', 'write | PUT | github:merge | refs'],
  ['PUT /repos/acme%2Fshop/pulls/7/merge', 'write | PUT | github:merge | refs'],
  ['PUT /repos/acme//shop/./pulls/7/x/../merge', 'write | PUT | github:merge | refs'],
  [`POST ${repo}/pulls/7/merge\nx-http-method-override: PUT`, 'write | POST PUT | github:merge | refs'],
  [`GET ${repo}/pulls/7/merge\nx-http-method-override: PUT`, 'read write | GET PUT | github:merge | refs'],
  [`GET ${repo}/pulls/7/merge`, 'read | GET'],
  [`POST ${repo}/merges`, 'write | POST | github:merge github:push | refs'],
  [`POST ${repo}/merge-upstream`, 'write | POST | github:push | refs'],
  [`PUT ${repo}/pulls/7/update-branch`, 'write | PUT | github:push | refs'],
  [`POST ${repo}/git/refs`, 'write | POST | github:push | refs'],
  [`PATCH ${repo}/git/refs/heads/main`, 'write | PATCH | github:push'],
  [`DELETE ${repo}/git/refs/heads/feature/x`, 'write | DELETE | github:push'],
  [`POST ${repo}/git/blobs`, 'write | POST'],
  [`POST ${repo}/git/trees`, 'write | POST'],
  [`POST ${repo}/branches/main/rename`, 'admin | POST | github:push github:admin | refs'],
  [`PUT ${repo}/contents/src/a.ts`, 'write | PUT | github:contents | refs'],
  [`DELETE ${repo}/contents/src/a.ts`, 'write | DELETE | github:contents | refs'],
  [`PUT ${repo}/contents/.github/workflows/ci.yml`, 'write | PUT | github:contents github:workflow | refs'],
  [`PUT ${repo}/contents/.github%2Fworkflows%2Fci.yml`, 'write | PUT | github:contents github:workflow | refs'],
  [`PUT ${repo}/contents/%2egithub/workflows/ci.yml`, 'write | PUT | github:contents github:workflow | refs'],
  [`POST ${repo}/dispatches`, 'write | POST | github:workflow'],
  [`POST ${repo}/actions/workflows/ci.yml/dispatches`, 'write | POST | github:workflow'],
  [`PUT ${repo}/actions/workflows/7/disable`, 'write | PUT | github:workflow'],
  [`POST ${repo}/actions/runs/9/rerun`, 'write | POST | github:workflow'],
  [`POST ${repo}/actions/runs/9/pending_deployments`, 'write | POST | github:workflow'],
  [`DELETE ${repo}/actions/runs/9`, 'write | DELETE | github:workflow'],
  [`POST ${repo}/releases`, 'write | POST | github:release'],
  [`DELETE ${repo}/releases/assets/3`, 'write | DELETE | github:release'],
  [`POST ${repo}/pulls/7/reviews`, 'write | POST | github:review'],
  [`POST ${repo}/pulls/7/comments`, 'write | POST'],
  [`POST ${repo}/issues`, 'write | POST'],
  [`POST ${repo}/forks`, 'write | POST | github:repository'],
  [`DELETE ${repo}`, 'admin | DELETE | github:admin'],
  [`PATCH ${repo}`, 'admin | PATCH | github:admin'],
  [`PATCH ${repo}.json`, 'admin | PATCH | github:admin'],
  [`PUT ${repo}/branches/main/protection`, 'admin | PUT | github:admin'],
  [`PUT ${repo}/branches/feature%2Fx/protection`, 'admin | PUT | github:admin'],
  [`DELETE ${repo}/branches/release/1/protection/enforce_admins`, 'admin | DELETE | github:admin'],
  [`POST ${repo}/hooks`, 'admin | POST | github:admin'],
  [`POST ${repo}/keys`, 'admin | POST | github:admin'],
  [`PUT ${repo}/collaborators/mallory`, 'admin | PUT | github:admin'],
  [`PUT ${repo}/actions/secrets/TOKEN`, 'admin | PUT | github:admin'],
  [`POST ${repo}/actions/variables`, 'admin | POST | github:admin'],
  [`PUT ${repo}/dependabot/secrets/A`, 'admin | PUT | github:admin'],
  [`PUT ${repo}/environments/prod`, 'admin | PUT | github:admin'],
  [`PUT ${repo}/environments/prod/secrets/A`, 'admin | PUT | github:admin'],
  [`PUT ${repo}/actions/permissions`, 'admin | PUT | github:admin'],
  [`POST ${repo}/actions/runners/registration-token`, 'admin | POST | github:admin'],
  [`POST ${repo}/transfer`, 'admin | POST | github:admin'],
  [`POST ${repo}/rulesets`, 'admin | POST | github:admin'],
  [`DELETE ${repo}/vulnerability-alerts`, 'admin | DELETE | github:admin'],
  ['PUT /repositories/123/pulls/7/merge', 'write | PUT | github:merge | repository refs'],
  ['DELETE /repositories/123', 'admin | DELETE | github:admin | repository'],
  ['GET /repositories/123', 'read | GET |  | repository'],
  ['POST /repositories/123/hooks', 'admin | POST | github:admin | repository'],
  ['GET /repositories', 'read | GET'],
  ['POST /user/repos', 'write | POST | github:repository'],
  ['POST /orgs/acme/repos', 'write | POST | github:repository'],
  ['POST /user/keys', 'admin | POST | github:admin'],
  ['PATCH /user', 'admin | PATCH | github:admin'],
  ['PUT /user/starred/acme/shop', 'write | PUT'],
  ['PUT /orgs/acme/memberships/mallory', 'admin | PUT | github:admin'],
  ['POST /organizations/7/hooks', 'admin | POST | github:admin'],
  ['POST /app/installations/7/access_tokens', 'admin | POST | github:admin'],
  ['DELETE /applications/x/token', 'admin | DELETE | github:admin'],
  ['POST /gists', 'write | POST'],
  ['PURGE /repos/acme/shop', 'admin | PURGE | github:admin'],
  // GraphQL of GitHub
  [graphql('{ viewer { login } }'), 'read | POST | graphql:viewer | repository'],
  [
    graphql('mutation M($i: MergePullRequestInput!) { m: mergePullRequest(input: $i) { clientMutationId } }'),
    'write | POST | graphql:mergePullRequest github:merge | repository refs',
  ],
  [
    graphql('mutation { ...F } fragment F on Mutation { ... { enablePullRequestAutoMerge(input: {}) { a } } }'),
    'write | POST | graphql:enablePullRequestAutoMerge github:merge | repository refs',
  ],
  [
    graphql('mutation { createCommitOnBranch(input: {}) { a } }'),
    'write | POST | graphql:createCommitOnBranch github:contents github:push github:workflow | repository refs',
  ],
  [graphql('mutation { updateRefs(input: {}) { a } }'), 'write | POST | graphql:updateRefs github:push | repository refs'],
  [graphql('mutation { deleteRef(input: {}) { a } }'), 'write | POST | graphql:deleteRef github:push | repository refs'],
  [graphql('mutation { mergeBranch(input: {}) { a } }'), 'write | POST | graphql:mergeBranch github:merge github:push | repository refs'],
  [
    graphql('mutation { deleteBranchProtectionRule(input: {}) { a } addComment(input: {}) { a } }'),
    'admin | POST | graphql:deleteBranchProtectionRule graphql:addComment github:admin | repository refs',
  ],
  [graphql('mutation { transferIssue(input: {}) { a } }'), 'write | POST | graphql:transferIssue | repository refs'],
  [graphql('mutation { archiveRepository(input: {}) { a } }'), 'admin | POST | graphql:archiveRepository github:admin | repository refs'],
  [graphql('query { mergePullRequest }'), 'read | POST | graphql:mergePullRequest | repository'],
  [graphql('mutation {'), 'unknown | POST |  | operations repository refs'],
])('GitHub: %j', (text, what) => expect(brief(github(text))).toBe(what));

test.each([
  ['PUT /api/v3/repos/acme/shop/pulls/7/merge', 'write | PUT | github:merge | refs'],
  ['PUT /repos/acme/shop/pulls/7/merge', 'write | PUT | github:merge | refs'],
  ['POST /api/uploads/repos/acme/shop/releases/1/assets', 'write | POST | github:release'],
  ['POST /api/v3/admin/users', 'admin | POST | github:admin'],
  [
    'POST /api/graphql\n\n{"query": "mutation {mergePullRequest}"}',
    'write | POST | graphql:mergePullRequest github:merge | repository refs',
  ],
])('GitHub Enterprise: %j', (text, what) => expect(brief(ghes(text))).toBe(what));

test('more root fields than are named may be any', () => {
  const { objects, incomplete } = plain(graphql(`{ ${Array.from({ length: 150 }, (_, n) => `f${n}`).join(' ')} }`));
  expect([objects?.operations?.length, incomplete]).toEqual([100, ['operations']]);
});

test('only where the target is GitHub do paths mean what they mean there', () => {
  const merge = `PUT ${repo}/pulls/7/merge`;
  expect(brief(plain(merge))).toBe('write | PUT');
  expect(brief(at('api.github.com', { ...anywhere, github: false })(merge))).toBe('write | PUT');
  expect(brief(plain(merge.replace('/repos', 'https://API.github.com:443/repos')))).toBe('write | PUT | github:merge | refs');
  for (const host of ['api.acme.ghe.com', 'uploads.github.com']) expect(brief(at(host, anywhere)(merge))).toContain('github:merge');
  for (const host of ['github.com', 'api.github.com.evil.example', 'apixgithub.com'])
    expect(brief(at(host, anywhere)(merge))).toBe('write | PUT');
});

test('a call of a language model reads where the host is one, and is named everywhere', () => {
  const chat = 'POST /v1/chat/completions\n\n{}';
  expect(brief(plain(chat))).toBe('write | POST | llm:chat');
  expect(brief(at('api.openai.com', anywhere)(chat))).toBe('read | POST | llm:chat');
  expect(brief(at('10.0.0.7', { ...anywhere, llm: true })(chat))).toBe('read | POST | llm:chat');
  expect(brief(at('api.openai.com', anywhere)('POST /v1/messages;x\n\n{}'))).toBe('write read | POST | llm:messages');
  expect(brief(at('api.openai.com', anywhere)('POST /v1/files\n\n{}'))).toBe('write | POST');
  expect(brief(at('api.openai.com', anywhere)(`${chat.replace('/v1', '/v1/')}`))).toBe('read | POST | llm:chat');
});

test('what rules can name', () => {
  const { objects, bytes } = github(`PATCH ${repo}.git/git/refs/heads/main?a=1&b=%41\nX_Env: Test\n\nbody`);
  expect({ objects, bytes }).toEqual({
    bytes: 4,
    objects: {
      paths: ['/repos/acme/shop.git/git/refs/heads/main'],
      hosts: ['api.github.com'],
      headers: ['x_env: Test', 'x-env: Test'],
      query: ['a=1', 'b=A'],
      operations: ['github:push'],
      repository: ['acme/shop'],
      refs: ['refs/heads/main'],
    },
  });
});

test.each([
  ['', 'Write a request as'],
  ['/orders', 'Write a request as'],
  ['GET', 'Write a request as'],
  ['GET /a b c', 'Write a request as'],
  ['GET orders', 'does not begin with "/"'],
  ['GET /a/..%2f', 'The gateway refuses this request'],
  ['GET /a\nno header', 'No header: "no header".'],
])('%j cannot be rehearsed', (text, why) => expect(() => plain(text)).toThrow(why));
