import { createHash } from 'node:crypto';
import { readQuery } from '../request-query.ts';
import { type GraphqlMessage, readGraphql } from './graphql-request.ts';

interface Said {
  readonly url?: string;
  readonly type?: string | readonly string[];
  readonly body?: unknown;
}

const read = ({ url, type = [], body = '' }: Said) => {
  const query = readQuery(url);
  const message: GraphqlMessage = {
    parameters: 'refused' in query ? [] : query.parameters,
    contentTypes: typeof type === 'string' ? [type] : type,
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  };
  const asked = readGraphql(message);
  return typeof asked === 'string' ? asked : asked.map(({ kinds, fields }) => [...kinds, ...fields].join(' ')).join('; ');
};

const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const two = 'query A { a } mutation B { b }';
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

test.each<[Said, string]>([
  [{ type: JSON_TYPE, body: { query: '{ a }' } }, 'query a'],
  [{ type: 'Application/JSON; Charset=UTF-8', body: { query: '{ a }' } }, 'query a'],
  [{ body: { query: '{ a }' } }, 'query a'],
  [{ type: 'text/plain', body: { query: 'mutation { a }' } }, 'mutation a'],
  [{ body: { query: two, operationName: 'A' } }, 'query a'],
  [{ body: { query: two, operationName: null, variables: { query: 'x' } } }, 'query mutation a b'],
  [{ body: [{ query: '{ a }' }, { query: 'mutation { b }' }] }, 'query a; mutation b'],
  [{ body: '\ufeff{"query": "{ \\u0061 }"}' }, 'query a'],
  [{ type: 'application/graphql', body: 'mutation { a }' }, 'mutation a'],
  [{ url: 'query=%7Ba%7D' }, 'query a'],
  [{ url: 'query=mutation%7Ba%7D' }, 'mutation a'],
  [{ url: `query=${encodeURIComponent(two)}&operationName=B` }, 'mutation b'],
  [{ url: 'QUERY=%7Ba%7D' }, 'query a'],
  [{ type: FORM, body: 'query=%7Ba%7D&variables=%7B%7D' }, 'query a'],
  [{ url: 'query=mutation%7Bb%7D', body: { query: '{ a }' } }, 'mutation b; query a'],
  [{ url: 'operationName=B', body: { query: two, operationName: 'A' } }, 'query mutation a b'],
  [{ url: 'OperationName=B', type: FORM, body: `query=${encodeURIComponent(two)}&operationName=A` }, 'query mutation a b'],
  [{ body: { query: '{ a }', extensions: { persistedQuery: { version: 1, sha256Hash: hash('{ a }') } } } }, 'query a'],
  [{ body: { query: '{ a }', extensions: { tracing: true } } }, 'query a'],
])('%j runs %s', (said, what) => expect(read(said)).toBe(what));

test.each<[Said, string]>([
  [{}, 'no document'],
  [{ body: '{}' }, 'no document'],
  [{ body: '[]' }, 'a batch of 0'],
  [{ body: Array(101).fill({ query: '{ a }' }) }, 'a batch of 101'],
  [{ body: [{ query: '{ a }' }, {}] }, 'no document'],
  [{ body: [[{ query: '{ a }' }]] }, 'no GraphQL request'],
  [{ body: '"{ a }"' }, 'no GraphQL request'],
  [{ body: 'null' }, 'no GraphQL request'],
  [{ body: '{"query": "{ a }",}' }, 'no JSON'],
  [{ body: '{ a }' }, 'no JSON'],
  [{ body: { Query: 'mutation { a }' } }, 'no document'],
  [{ body: { query: { a: 1 } } }, 'no document'],
  [{ body: '{"query": "{ a }", "query": "mutation { b }"}' }, 'a key twice'],
  [{ body: '{"query": "{ a }", "Query": "mutation { b }"}' }, 'a key twice'],
  [{ body: '{"query": "{ a }", "quer\\u0079": "mutation { b }"}' }, 'a key twice'],
  [{ body: '[{"query": "{ a }", "query": "mutation { b }"}]' }, 'a key twice'],
  [{ body: '{"query": "{ a }", "operationName": "A", "operationname": "B"}' }, 'a key twice'],
  [{ body: { extensions: { persistedQuery: { version: 1, sha256Hash: hash('x') } } } }, 'no document'],
  [{ body: { query: '{ a }', extensions: { persistedQuery: { version: 1, sha256Hash: hash('x') } } } }, 'its hash is another'],
  [{ body: { query: '{ a }', extensions: { persistedQuery: null } } }, 'its hash is another'],
  [{ body: { query: '{ a }', extensions: [1] } }, 'extensions of another kind'],
  [{ body: { query: '{ a }', doc_id: '7' } }, 'a document besides'],
  [{ body: { query: '{ a }', documentId: '7' } }, 'a document besides'],
  [{ body: { id: '7' } }, 'no document'],
  [{ url: 'extensions=%7B%22persistedQuery%22%3A%7B%7D%7D' }, 'no document'],
  [{ url: 'query=%7Ba%7D&extensions=%7B%22persistedQuery%22%3A%7B%7D%7D' }, 'its hash is another'],
  [{ url: 'query=%7Ba%7D&query=mutation%7Bb%7D' }, 'twice'],
  [{ url: 'query=%7Ba%7D&Query=mutation%7Bb%7D' }, 'twice'],
  [{ url: 'doc_id=7', body: { query: '{ a }' } }, 'a document besides'],
  [{ type: FORM, body: '{"query":"mutation{x}","a":"&query={viewer}&"}' }, 'no form'],
  [{ type: FORM, body: 'a=b' }, 'no document'],
  [{ type: FORM, body: 'query=%7Ba%7D&x=%zz' }, 'escapes'],
  [{ type: 'application/graphql', body: { query: '{ a }' } }, 'lacks a name'],
  [{ type: 'multipart/form-data; boundary=x', body: '--x\r\n' }, 'no JSON'],
  [{ type: [JSON_TYPE, 'application/graphql'], body: { query: '{ a }' } }, 'no UTF-8, or says so'],
  [{ type: 'application/json; charset=utf-7', body: { query: '{ a }' } }, 'no UTF-8, or says so'],
  [{ type: JSON_TYPE, body: Buffer.from('{"query": "{ a }"}', 'utf16le') }, 'no JSON'],
  [{ type: JSON_TYPE, body: Buffer.from('{"query": "{ a # \xff\\n }"}', 'latin1') }, 'no UTF-8, or says so'],
  [{ body: { query: '{ a' } }, 'The GraphQL document'],
])('%j shows not for certain what runs: %s', (said, why) => expect(read(said)).toContain(why));

test('a body that is not at hand shows nothing', () => {
  expect(readGraphql({ parameters: ['query={a}'], contentTypes: [], body: undefined })).toContain('not at hand');
});
