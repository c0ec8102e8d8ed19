import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { withPrepared } from './analyse.ts';
import type { Analysis, ParserSettings } from './analysis.ts';
import { type Classifier, createClassifier } from './classifier.ts';
import { foreignFunction } from './pg-names.ts';

const SETTINGS: ParserSettings = { standardConformingStrings: true, serverVersion: '15.18' };
const OFF: ParserSettings = { ...SETTINGS, standardConformingStrings: false };

const CASES = readFileSync(new URL('../../../../test-fixtures/postgres/classify.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [string, string, string, string, string]);

let classifier: Classifier;
beforeAll(() => {
  classifier = createClassifier();
});
afterAll(() => classifier.close());

const analyse = async (text: string, settings = SETTINGS): Promise<Analysis> => classifier.analyse(text, settings);

function summary({ statements, failure }: Analysis): string {
  const classes = failure === undefined ? new Set(statements.flatMap((statement) => statement.class)) : new Set(['unknown']);
  if (classes.size === 0) classes.add('session');
  const relations = new Set(
    statements.flatMap((statement) => statement.relations.map(({ schema, name }) => (schema === undefined ? name : `${schema}.${name}`))),
  );
  const verbs = statements.map(({ verb }) => verb).join('+');
  const unfiltered = statements.some((statement) => statement.unfiltered) ? 'u' : '-';
  return [[...classes].sort().join(','), verbs || '-', [...relations].sort().join(',') || '-', unfiltered].join(' | ');
}

test.each(CASES)('%s %s: %s %s: %s', async (classes, verbs, relations, unfiltered, text) => {
  const expected = [classes, verbs, relations, unfiltered].join(' | ');
  expect(summary(await analyse(text))).toBe(expected);
  expect(summary(await analyse(text))).toBe(expected); // now from the cache
  expect(summary(await analyse(`  ${text}\n`))).toBe(expected);
});

describe('what cannot be understood', () => {
  const terms = (count: number, term: string, operator: string): string => Array(count).fill(term).join(operator);

  test.each([
    ['no SQL', 'SELEKT 1'],
    ['an open quote', "SELECT 'secret"],
    ['an open comment', 'SELECT 1 /* /* secret */'],
    ['a zero byte', 'SELECT 1\0; DELETE FROM t'],
    ['a lone surrogate', "SELECT '\ud800'"],
    ['too long', `SELECT '${'x'.repeat(1 << 20)}'`],
    ['too deep for the grammar', `SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`],
    ['too many operators', `SELECT ${terms(200_000, '1', '+')}`],
    ['too deep in comments', `SELECT 1 ${'/*'.repeat(150_000)}${'*/'.repeat(150_000)}`],
    ['too many statements', 'SELECT 1;'.repeat(110_000)],
  ])('%s: a failure, and the next text is served', async (_name, text) => {
    const analysis = await analyse(text);
    expect(analysis.failure).toBeDefined();
    expect(analysis.failure).not.toContain('secret');
    expect(analysis.statements).toEqual([]);
    expect(summary(await analyse(`SELECT a${Math.random().toString(36).slice(2)}`))).toContain('read');
  });

  test('ten thousand terms are no trouble', async () => {
    expect(summary(await analyse(`DELETE FROM t WHERE ${terms(10_000, 'id = 1', ' OR ')}`))).toBe('write | DELETE | t | -');
    expect(summary(await analyse(`SELECT ${terms(10_000, '1', '+')}`))).toBe('read | SELECT | - | -');
  });

  test('standard_conforming_strings off: a backslash in a plain literal is refused, anything else is not', async () => {
    expect((await analyse(String.raw`SELECT 'a\'; DELETE FROM t; --'`, OFF)).failure).toMatch(/backslash/);
    expect(summary(await analyse(String.raw`SELECT E'a\'b', $$\$$ FROM t`, OFF))).toBe('read | SELECT | t | -');
    expect((await analyse(String.raw`SELECT 'a\'`, SETTINGS)).failure).toBeUndefined();
  });

  test('a short text overtakes the long ones that wait', async () => {
    const answered: string[] = [];
    const long = (name: string): string => `SELECT ${terms(60_000, name, ',')}`;
    const asked = [long('one'), long('two'), long('three'), 'SELECT short'].map(async (text) => {
      await analyse(text);
      answered.push(text.slice(7, 12));
    });
    await Promise.all(asked);
    expect(answered.slice(0, 2)).toEqual(['one,o', 'short']);
  });

  test('a long text has no shape, is judged as itself, and is known when it comes again', async () => {
    const text = (value: string): string => `SELECT * FROM t WHERE a IN ('${value}'${`, '${value}'`.repeat(20_000)})`;
    const first = await analyse(text('a'));
    expect(first).toMatchObject({ shape: `-- ${text('a').length} characters`, byValue: true });
    expect(summary(first)).toBe('read | SELECT | t | -');
    expect(classifier.analyse(text('a'), SETTINGS)).not.toBeInstanceOf(Promise);
    expect(classifier.analyse(text('b'), SETTINGS)).toBeInstanceOf(Promise);
  });

  test('after close every new text fails', async () => {
    const closed = createClassifier();
    await closed.close();
    expect((await closed.analyse('SELECT 1', SETTINGS)).failure).toMatch(/shut down/);
  });
});

describe('details', () => {
  const first = async (text: string) => {
    const [statement] = (await analyse(text)).statements;
    if (statement === undefined) throw new Error('no statement');
    return statement;
  };

  test('a text seen before is answered at once, also with other literals', async () => {
    await analyse("SELECT * FROM t WHERE a = 'x' AND b = 1");
    const again = classifier.analyse("SELECT * FROM t  WHERE a = 'it''s' AND b = 23", SETTINGS);
    expect(again).not.toBeInstanceOf(Promise);
    expect(again).toMatchObject({ shape: "SELECT * FROM t WHERE a = '?' AND b = 0" });
  });

  test('a filter by key is known by its shape: its values are never looked at', async () => {
    await analyse('UPDATE accounts SET balance = balance + 5 WHERE id = 1 AND owner IN (2, 3)');
    expect(classifier.analyse('UPDATE accounts SET balance = balance + 6 WHERE id = 7 AND owner IN (8, 9)', SETTINGS)).not.toBeInstanceOf(
      Promise,
    );
  });

  test('literals decide where they must, whatever was cached', async () => {
    expect((await first('DELETE FROM w WHERE a = 1 OR 1 = 2')).unfiltered).toBe(false);
    expect((await first('DELETE FROM w WHERE a = 1 OR 1 = 1')).unfiltered).toBe(true);
    expect((await first("SELECT set_config('statement_timeout', '1', true)")).class).toEqual(['read', 'session']);
    expect((await first("SELECT set_config('role', '1', true)")).class).toEqual(['read', 'privilege']);
  });

  test.each([
    ['SELECT a FROM t WHERE b = 1', undefined],
    ['UPDATE t SET a = 1 WHERE id = 1', undefined],
    ['BEGIN', undefined],
    ["DO 'BEGIN END'", true],
    ["CALL p('x')", true],
    ["PREPARE p AS DELETE FROM t WHERE a = 'x'", true],
    ["SELECT set_config('a.b', 'c', true)", true],
    ["SELECT query_to_xml('SELECT 1', true, true, '')", true],
    ["SELECT table_to_xml('t', true, true, '')", true],
    ['DELETE FROM t WHERE a = 1 OR 1 = 2', true],
  ])('byValue, from the parser and from the cache: %s', async (text, byValue) => {
    expect((await analyse(text)).byValue).toBe(byValue);
    const again = classifier.analyse(text, SETTINGS);
    expect(again).not.toBeInstanceOf(Promise);
    expect((await again).byValue).toBe(byValue);
  });

  test.each(['SJIS', 'GBK', 'LATIN1', 'MULE_INTERNAL'])(
    'any client_encoding but UTF8 is refused, not taken and then ended: %s',
    async (encoding) => {
      expect((await first(`SET client_encoding = '${encoding}'`)).class).toEqual(['unknown']);
      expect((await first(`SELECT set_config('client_encoding', '${encoding}', false)`)).class).toEqual(['read', 'unknown']);
      expect((await first('SET client_encoding = SQL_ASCII')).class).toEqual(['session']); // nothing is converted
      expect((await first("SET NAMES 'utf-8'")).class).toEqual(['session']);
      expect((await first('RESET client_encoding')).class).toEqual(['session']);
    },
  );

  test('outputs', async () => {
    const { outputs, flat } = await first('SELECT *, count(*), 1, upper(a), t, (SELECT b FROM u), $1, x.c FROM t JOIN x ON true');
    expect(flat).toBe(true);
    expect(outputs).toEqual([
      { kind: 'star' },
      { kind: 'count' },
      { kind: 'constant' },
      { kind: 'expression', columns: ['a'], routines: [{ kind: 'function', name: 'upper', args: 1 }], opaque: false },
      { kind: 'expression', columns: ['t'], routines: [], opaque: true },
      { kind: 'expression', columns: ['b'], routines: [], opaque: true },
      { kind: 'expression', columns: [], routines: [], opaque: true },
      { kind: 'expression', columns: ['c'], routines: [{ kind: 'attribute', name: 'c', args: 1 }], opaque: false },
    ]);
    expect((await first('SELECT count(*) FILTER (WHERE a = 1) FROM t')).outputs).toMatchObject([{ kind: 'expression' }]);
    expect((await first('SELECT other.count(*) FROM t')).outputs).toMatchObject([{ kind: 'expression' }]);
    expect((await first('DELETE FROM t WHERE id = 1 RETURNING a')).outputs).toHaveLength(1);
    expect((await first('SELECT a FROM t UNION SELECT b FROM u')).outputs).toBeUndefined();
  });

  test.each([
    ['SELECT a FROM t AS x (a, b)', false],
    ['SELECT a FROM (SELECT b AS a FROM t) x', false],
    ['WITH x AS (SELECT 1) SELECT a FROM x', false],
    ['SELECT a FROM f() x', false],
    ['SELECT a FROM s.t AS x JOIN u USING (id)', true],
    ['UPDATE t SET a = 1 FROM u WHERE t.id = u.id RETURNING b', true],
  ])('flat: %s', async (text, flat) => {
    expect((await first(text)).flat).toBe(flat);
  });

  test.each([
    ['INSERT INTO t VALUES ($1, 2)', false],
    ['INSERT INTO t SELECT 1', false],
    ['INSERT INTO t SELECT a FROM u', true],
    ['INSERT INTO t VALUES ((SELECT a FROM u))', true],
    ['INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b, n = t.n', true],
    ['INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b', false],
    ['UPDATE t SET n = n + 1', false],
    ['UPDATE t SET n = m', true],
    ['UPDATE t SET n = u.n FROM u', true],
    ['MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = u.a', true],
    ['WITH x AS (INSERT INTO t SELECT a FROM u) SELECT 1', true],
    ['CREATE TABLE n AS SELECT * FROM t', true],
    ['SELECT * INTO n FROM t', true],
    ['CREATE VIEW v AS SELECT * FROM t', true],
    ['CREATE TABLE n (a int)', false],
    ['CREATE INDEX i ON t (lower(a))', false],
    ['ALTER TABLE t ADD COLUMN b text GENERATED ALWAYS AS (a) STORED', true],
    ['ALTER TABLE t ADD CHECK (a > 0)', false],
    ['COPY (SELECT * FROM t) TO STDOUT', true],
    ['COPY t TO STDOUT', false],
    ['SELECT pg_notify($1, a) FROM t', true],
    ["SELECT pg_notify('c', 'x')", false],
    ["SELECT set_config('app.x', (SELECT a FROM t), false)", true],
    ['EXPLAIN INSERT INTO t SELECT a FROM u', false],
    ['EXPLAIN ANALYZE INSERT INTO t SELECT a FROM u', true],
    ['DELETE FROM t WHERE a = 1', false],
    ["SELECT set_config('x.y', table_to_xml('t', true, false, '')::text, false)", true],
    ["SELECT set_config('x.y', get_contact(1), false)", true],
    ["SELECT set_config('x.y', $1, false)", false],
    ["SELECT set_config('x.' || get_contact(1), '', false)", true],
    ["SELECT pg_notify('c', get_contact(1))", true],
    ["INSERT INTO t (a) VALUES (table_to_xml('u', true, false, '')::text)", true],
    ['INSERT INTO t (a) VALUES (get_contact(1))', true],
    ['INSERT INTO t (a) VALUES (mine.lower($1))', true],
    ['INSERT INTO t (a) VALUES ((row(1)::u).contact)', true],
    ['INSERT INTO t (a) VALUES ($1 OPERATOR(mine.=) 2)', true],
    ['INSERT INTO t (a) VALUES ($1 === 2)', true],
    ["INSERT INTO t VALUES (gen_random_uuid(), now(), nextval('s'), lower($1) || 'x', $2::jsonb -> 'a', current_user, ($3)[1])", false],
    ['UPDATE t SET a = get_contact(1)', true],
    ["INSERT INTO t (a) VALUES ('a'::tint::text)", true],
    ["INSERT INTO t (a) VALUES ('a'::tint, $1::uuid::text, '1'::int::bigint)", false],
    ['UPDATE t SET n = coalesce(n, 0) + abs($1)', false],
    ['MERGE INTO t USING u ON t.id = u.id WHEN NOT MATCHED THEN INSERT VALUES (get_contact(1))', true],
    ['EXECUTE p (get_contact(1))', true],
    ['EXECUTE p (1, now())', false],
    ['CREATE TABLE n (a text DEFAULT get_contact(1))', true],
    ['CREATE TABLE n (a uuid DEFAULT gen_random_uuid())', false],
    ['CREATE SCHEMA x CREATE TABLE n (a text DEFAULT get_contact(1))', true],
    ['ALTER TABLE t ALTER a SET DEFAULT get_contact(1)', true],
    ['CREATE DOMAIN d AS text DEFAULT get_contact(1)', true],
    ['CREATE DOMAIN d AS int CHECK (VALUE > 0)', false],
  ])('copies: %s', async (text, copies) => {
    expect((await first(text)).copies).toBe(copies);
  });

  test.each([
    ['MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE', ['MERGE', 'DELETE']],
    [
      'MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)',
      ['MERGE', 'UPDATE', 'INSERT'],
    ],
    ['MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DO NOTHING', ['MERGE']],
    ['INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2', ['INSERT', 'UPDATE']],
    ['INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING', ['INSERT']],
    ['WITH x AS (INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2) SELECT 1', ['SELECT', 'INSERT', 'UPDATE']],
  ])('verbs: %s', async (text, verbs) => {
    expect((await first(text)).verbs).toEqual(verbs);
  });

  test('what EXECUTE reads is a write where the prepared statement keeps its parameter', async () => {
    const prepared = await first('SELECT set_config($$app.x$$, $1, false)');
    expect(withPrepared(await first('EXECUTE p (get_contact(1))'), prepared)).toMatchObject({
      class: ['read', 'session', 'write'],
      copies: true,
    });
    expect(withPrepared(await first("EXECUTE p ('x')"), prepared)).toMatchObject({ class: ['read', 'session'], copies: false });
  });

  test('COPY, PREPARE, EXECUTE and cursors say what the relay needs', async () => {
    expect((await first("COPY (SELECT ')' FROM t) TO STDOUT (FORMAT csv)")).copy).toEqual({
      direction: 'out',
      query: "SELECT ')' FROM t",
      format: { kind: 'csv', header: false, delimiter: ',', null: '', quote: '"', escape: '"' },
    });
    expect((await first('COPY s.t (a, b) FROM STDIN BINARY')).copy).toEqual({
      direction: 'in',
      relation: { schema: 's', name: 't' },
      columns: ['a', 'b'],
      format: expect.objectContaining({ kind: 'binary' }),
    });
    const options = `(FORMAT csv, HEADER, DELIMITER ';', NULL 'x', QUOTE '''', ESCAPE 'e', FORCE_QUOTE (a), ENCODING 'utf-8')`;
    const all = { kind: 'csv', header: true, delimiter: ';', null: 'x', quote: "'", escape: 'e' };
    expect((await first(`COPY t TO STDOUT ${options}`)).copy?.format).toEqual(all);
    expect((await first('COPY t TO STDOUT (HEADER off)')).copy?.format).toMatchObject({ header: false, delimiter: '\t', null: '\\N' });
    for (const odd of ["ENCODING 'LATIN1'", "FORMAT 'json'", 'NULL 0.5', "DELIMITER 'ä'", "DELIMITER 'ab'", 'NEW_OPTION 1'])
      expect((await first(`COPY t TO STDOUT (${odd})`)).copy).toEqual({ direction: 'out', relation: { name: 't' } });
    expect((await first("COPY t TO PROGRAM 'cat'")).copy).toMatchObject({ elsewhere: true });
    const { prepare } = await first('PREPARE p (int) AS DELETE FROM t');
    expect(prepare).toMatchObject({ name: 'p', text: 'DELETE FROM t', statement: { verb: 'DELETE', unfiltered: true } });
    expect((await first('EXECUTE p (nextval($$s$$))')).execute).toEqual({ name: 'p', class: ['write'] });
    expect((await first('DECLARE c CURSOR FOR SELECT a FROM t')).cursor).toEqual({ name: 'c', act: 'declare' });
    expect((await first('FETCH c')).cursor).toEqual({ name: 'c', act: 'fetch' });
    expect((await first('CLOSE ALL')).cursor).toEqual({ name: '*', act: 'close' });
    expect((await first('DEALLOCATE ALL')).deallocate).toEqual({});
    expect((await first('DISCARD ALL')).sets).toContain('role');
    expect((await first('SET LOCAL Search_Path = x')).sets).toEqual(['search_path']);
  });

  test('routines: operators and functional notation are among them', async () => {
    const { routines } = await first('SELECT t.f, (t).g, a || b, s.h(1, 2) FROM t WHERE x IN (1) AND y BETWEEN 1 AND 2 AND z::s.d IS NULL');
    const names = routines.map(({ kind, schema, name, args }) => `${kind} ${schema ?? ''} ${name} ${args}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'attribute  f 1',
        'attribute  g 1',
        'operator  || 2',
        'function s h 2',
        'operator  = 2',
        'operator  <= 2',
        'type s d 0',
      ]),
    );
  });

  test('a function that the server does not bring is told by its name where nothing else can be asked', async () => {
    expect(
      foreignFunction(await first("SELECT count(*), extract(year FROM now()), trim(a), set_config('a.b', 'c', true) FROM t")),
    ).toBeUndefined();
    expect(foreignFunction(await first('SELECT lower(drop_it())'))).toBe('drop_it');
    expect(foreignFunction(await first('SELECT mine.lower(a) FROM t'))).toBe('lower');
  });

  test('the table that CREATE TABLE makes is not one that it reads; what it copies or refers to is', async () => {
    expect((await first('CREATE TABLE n (a int)')).relations).toEqual([{ name: 'n', made: true }]);
    expect((await first('CREATE TABLE s.n (LIKE t)')).relations).toEqual([{ schema: 's', name: 'n', made: true }, { name: 't' }]);
    expect((await first('CREATE TABLE n (a int REFERENCES n)')).relations).toEqual([{ name: 'n' }]);
  });

  test('collected data is noticed', async () => {
    expect((await first('SELECT query FROM pg_stat_activity')).catalogueData).toBe(true);
    expect((await first('SELECT * FROM pg_stat_get_activity(NULL)')).catalogueData).toBe(true);
    expect((await first('SELECT * FROM mine.pg_stats')).catalogueData).toBe(false);
    expect((await first("SELECT table_to_xml('t', true, true, '')")).opaque).toBe(true);
  });
});

describe('laws', () => {
  const literal = fc.oneof(
    fc.string({ maxLength: 12 }).map((text) => `'${text.replaceAll(/[\0']/g, "''").replaceAll('\\', '/')}'`),
    fc.integer({ min: 0, max: 999_999_999 }).map(String),
    fc.stringMatching(/^[a-z ;'"-]{0,9}$/).map((text) => `$q$${text}$q$`),
  );
  const templates = [
    'SELECT * FROM t WHERE a = ?',
    'INSERT INTO t VALUES (?, ?)',
    'UPDATE t SET a = ? WHERE b = ?',
    'SELECT f(?), ? || g FROM s.t',
  ];

  test('literals never change what an ordinary statement does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...templates), fc.array(literal, { minLength: 2, maxLength: 2 }), async (template, literals) => {
        let next = 0;
        const plain = await analyse(template.replaceAll('?', '1'));
        const filled = await analyse(template.replaceAll('?', () => literals[next++ % 2] as string));
        expect(filled.statements).toEqual(plain.statements);
      }),
      { numRuns: 200 },
    );
  });

  test('no text makes it throw', async () => {
    const piece = fc.constantFrom(
      'SELECT',
      'DELETE FROM t',
      "'",
      '"',
      '$$',
      '/*',
      '*/',
      '--',
      '\n',
      '(',
      ')',
      "E'",
      '\\',
      ';',
      '$1',
      '1.',
      'U&"',
      ' AS ',
      'COPY',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 12 }),
        fc.boolean(),
        async (pieces, on) => {
          const analysis = await analyse(pieces.join(' '), on ? SETTINGS : OFF);
          expect(typeof analysis.shape).toBe('string');
        },
      ),
      { numRuns: 300 },
    );
  });
});
