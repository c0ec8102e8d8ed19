import fc from 'fast-check';
import { type DocumentNode, type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { type RootFields, readRootFields } from './root-fields.ts';

const read = (source: string, name?: string) => readRootFields(source, name);
const asks = (source: string, name?: string) => {
  const asked = read(source, name);
  return typeof asked === 'string' ? asked : [...asked.kinds, ...asked.fields].join(' ');
};

test.each([
  ['{ viewer { login } }', 'query viewer'],
  ['query { a b }', 'query a b'],
  [
    'query Q($a: [Int!]! = [1, 2] @d, $b: In = {x: "y"}) @d(x: 1) { a(x: $a, y: {z: [$b, null, true, ENUM, -1.5e3]}) @include(if: $c) }',
    'query a',
  ],
  ['mutation { mergePullRequest(input: {pullRequestId: "x"}) { clientMutationId } }', 'mutation mergePullRequest'],
  ['mutation { viewer: mergePullRequest(input: {}) { a } }', 'mutation mergePullRequest'],
  ['mutation { a: x b: x c: y }', 'mutation x y'],
  ['subscription { s }', 'subscription s'],
  ['mutation { ...F } fragment F on Mutation { mergePullRequest { a } }', 'mutation mergePullRequest'],
  ['fragment F on M { ...G a } fragment G on M { b } mutation { ...F ...G }', 'mutation a b'],
  ['mutation { ... on Mutation { updateRef { a } } ... { x } ... @skip(if: true) { y } }', 'mutation updateRef x y'],
  ['mutation { ... on Mutation { ...F } } fragment F on Mutation { deep { er } }', 'mutation deep'],
  ['mutation { on fragment query mutation }', 'mutation on fragment query mutation'],
  ['{ a(s: "} mutation { b }") }', 'query a'],
  ['{ a(s: """} mutation { "b" \\""" }""") }', 'query a'],
  ['{ a(s: "\\"") b(s: "") c(s: """""") }', 'query a b c'],
  ['{ a # } mutation { b }\n c }', 'query a c'],
  ['\ufeff{ a,,, b\ufeff }', 'query a b'],
  ['{ a(s: "\\u007d mutation {") }', 'query a'],
  ['{ __typename __schema { types { name } } }', 'query __typename __schema'],
  ['{ type { query } }', 'query type'],
])('%s', (source, asked) => expect(asks(source)).toBe(asked));

test('the operation that is named runs; else any may', () => {
  const source = 'query A { a } mutation B { b } query C { ...F } fragment F on Q { c }';
  expect([asks(source, 'A'), asks(source, 'B'), asks(source, 'C')]).toEqual(['query a', 'mutation b', 'query c']);
  expect([asks(source), asks(source, 'D'), asks(source, '')]).toEqual(Array(3).fill('query mutation a b c'));
  expect(asks('query A { a } mutation A { b }', 'A')).toBe('query mutation a b');
});

test.each([
  ['', 'lacks a name'],
  ['   # nothing', 'lacks a name'],
  ['{ }', 'lacks a name'],
  ['{ a', 'lacks a name'],
  ['{ a } }', 'lacks a name'],
  ['{ a(x: "b\nc") }', 'has no token'],
  ['{ a(x: "b) }', 'has no token'],
  ['{ a(x: """b"") }', 'has no token'],
  ['{ a(x: 01) }', 'has no token'],
  ['{ a(x: 1a) }', 'has no token'],
  ['{ a(x: 1.) }', 'has no token'],
  ['{ a(x: "\\x41") }', 'has no token'],
  ['{ a(x: "\\u{41}") }', 'has no token'],
  ['{ a(x: "\\ud800") }', 'has no token'],
  ["{ a(x: 'b') }", 'has no token'],
  ['{ a() }', 'lacks a name'],
  ['query () { a }', 'lacks a "$"'],
  ['query ($a: Int = $b) { a }', 'lacks a value'],
  ['{ a # \r b }', 'read differently'],
  ['{ a # \u2028 b \n }', 'has no token'],
  ['{ a # \0 b \n }', 'has no token'],
  ['{ a\0b }', 'has no token'],
  ['{ a\u00a0b }', 'has no token'],
  ['{ \u00e4 }', 'has no token'],
  ['{ a\fb }', 'has no token'],
  ['{ a(s: "\ud800") }', 'read differently'],
  ['{ a(s: """\\\\""" } """) }', 'read differently'],
  ['{ ...F }', 'spreads a fragment that it has not: F'],
  ['{ ...F } fragment F on Q { ...G } fragment G on Q { ...F }', 'holds itself: F'],
  ['{ a } fragment F on Q { a } fragment F on Q { b }', 'two fragments named F'],
  ['fragment F on Q { a }', 'has no operation'],
  ['{ ...F } fragment F($x: Int) on Q { a }', 'lacks a "on"'],
  ['fragment on on Q { a } { ...on }', 'without a name'],
  ['{ a } type Q { b: Int }', 'something else'],
  ['extend type Q { b: Int } { a }', 'something else'],
  ['"a description" { a }', 'lacks a name'],
  ['[{ a }]', 'lacks a name'],
  ['{"query": "{ a }"}', 'lacks a name'],
  [`{ ${'a{'.repeat(201)}b${'}'.repeat(201)} }`, 'nested more than 200 deep'],
  [`{ a(x: ${'['.repeat(300)}${']'.repeat(300)}) }`, 'nested more than 200 deep'],
  [`query ($x: ${'['.repeat(300)}a${']'.repeat(300)}) { a }`, 'nested more than 200 deep'],
  [`{ ${'... {'.repeat(300)} a ${'}'.repeat(300)} }`, 'nested more than 200 deep'],
  [`{ ${'a '.repeat(20_001)} }`, 'more than 20000 tokens'],
])('%j: none that all servers read alike', (source, why) => expect(read(source)).toContain(why));

test('fragments that spread each other twice cost no more than their text', () => {
  const levels = Array.from({ length: 150 }, (_, n) => `fragment F${n} on Q { ...F${n + 1} a${n} ... { ...F${n + 1} } }`);
  expect((read(`{ ...F0 } ${levels.join(' ')} fragment F150 on Q { z }`) as RootFields).fields).toHaveLength(151);
});

test('a megabyte in one token is read', () => {
  for (const token of [
    `"${'a'.repeat(1_000_000)}"`,
    `"""${'a"'.repeat(500_000)} """`,
    `# ${'a'.repeat(1_000_000)}\n 1`,
    `${' ,'.repeat(500_000)}1`,
  ]) {
    expect(asks(`{ a(x: ${token}) }`)).toBe('query a');
  }
});

/** graphql-js, the reference implementation: undefined where it refuses the text. */
function reference(source: string): { readonly kinds: readonly string[]; readonly fields: readonly string[] } | undefined {
  let document: DocumentNode;
  try {
    document = parse(source);
  } catch {
    return undefined;
  }
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const fields = ({ selections }: SelectionSetNode): readonly string[] =>
    selections.flatMap((one) => {
      if (one.kind === Kind.FIELD) return [one.name.value];
      if (one.kind === Kind.INLINE_FRAGMENT) return fields(one.selectionSet);
      const fragment = fragments.get(one.name.value);
      return fragment === undefined ? [] : fields(fragment.selectionSet);
    });
  const operations = document.definitions.flatMap((one) => (one.kind === Kind.OPERATION_DEFINITION ? [one] : []));
  return { kinds: operations.map(({ operation }) => operation), fields: operations.flatMap(({ selectionSet }) => fields(selectionSet)) };
}

const word = fc.constantFrom('a', 'b', 'on', 'query', 'mutation', 'fragment', 'F0', 'null', 'true');
const blank = fc.constantFrom(' ', ' ', '\n', ',', '\t', ' # x { "\n', '\r\n', '\ufeff ');
const text = fc.constantFrom('"a"', '""', '"\\""', '"}"', '"\\u0041"', '""""""', '"""\n} "x" \\""" """', '"""\\"""');
const scalar = fc.oneof(word, text, fc.constantFrom('1', '-0', '1.5', '2e3', '$v', '$v'));
const document = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(' ')}]`),
  object: fc
    .array(fc.tuple(word, tie('value')), { maxLength: 3 })
    .map((pairs) => `{${pairs.map(([name, value]) => `${name}: ${value}`).join(',')}}`),
  args: fc
    .array(fc.tuple(word, tie('value')), { maxLength: 2 })
    .map((pairs) => (pairs.length === 0 ? '' : `(${pairs.map(([name, value]) => `${name}:${value}`).join(' ')})`)),
  directive: fc.oneof(
    fc.constant(''),
    fc.constant(''),
    tie('args').map((args) => `@skip${args}`),
  ),
  selection: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .tuple(
        fc.oneof(
          fc.constant(''),
          word.map((alias) => `${alias}: `),
        ),
        word,
        tie('args'),
        tie('directive'),
      )
      .map((parts) => parts.join('')),
    fc.tuple(word, tie('set')).map((parts) => parts.join('')),
    fc.tuple(fc.constantFrom('... ', '... on M ', '...@x '), tie('set')).map((parts) => parts.join('')),
    fc.constantFrom('...F0', '...F1', '... F1 @x'),
  ),
  set: fc
    .tuple(fc.array(tie('selection'), { minLength: 1, maxLength: 4 }), blank)
    .map(([all, between]) => `{${(all as string[]).join(between)}}`),
  operation: fc
    .tuple(
      fc.constantFrom('', 'query', 'mutation Name', 'subscription', 'query Q($v: [Int!] = 1)', 'mutation($v: X = {a: "b"} @d)'),
      tie('set'),
    )
    .map((parts) => parts.join(' ')),
  whole: fc
    .array(tie('operation'), { minLength: 1, maxLength: 3 })
    .map((all) => `${all.join('\n')} fragment F0 on M { f0 ...F1 } fragment F1 on M { f1 }`),
})).whole as fc.Arbitrary<string>;

const set = (values: readonly string[]) => [...new Set(values)].sort();

function agrees(source: string): boolean {
  const ours = read(source);
  if (typeof ours === 'string') return false;
  const theirs = reference(source);
  expect({ source, kinds: set(ours.kinds), fields: set(ours.fields) }).toEqual({
    source,
    kinds: set(theirs?.kinds ?? []),
    fields: set(theirs?.fields ?? []),
  });
  return true;
}

test('what graphql-js writes is read as it reads it', () => {
  let read = 0;
  let valid = 0;
  fc.assert(
    fc.property(document, (source) => {
      if (agrees(source)) read++;
      if (reference(source) !== undefined) valid++;
    }),
    { numRuns: 2_000 },
  );
  expect(valid).toBeGreaterThan(500);
  expect(read).toBe(valid);
});

test('a document that was damaged is read as graphql-js reads it, or not at all', () => {
  const damage = fc.tuple(
    fc.nat(),
    fc.nat(3),
    fc.constantFrom('', '"', '{', '}', '#', '\\', '\r', '\n', '"""', '...', 'on', '\u2028', '(', '$', ':', '\ufeff', '0'),
  );
  fc.assert(
    fc.property(document, fc.array(damage, { minLength: 1, maxLength: 3 }), (source, cuts) => {
      let text = source;
      for (const [at, length, instead] of cuts) {
        const place = at % (text.length + 1);
        text = text.slice(0, place) + instead + text.slice(place + length);
      }
      agrees(text);
    }),
    { numRuns: 4_000 },
  );
});
