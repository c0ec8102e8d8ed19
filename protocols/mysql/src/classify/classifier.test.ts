import { readFileSync } from 'node:fs';
import type { Analysis, ParserSettings, StatementAnalysis } from './analysis.ts';
import { analyse, classificationOf } from './classifier.ts';
import { withPrepared } from './prepared.ts';
import { settingsAfter } from './variables.ts';

const MARIADB: ParserSettings = {
  family: 'mariadb',
  version: 101_119,
  sqlMode: new Set(['STRICT_TRANS_TABLES', 'NO_ENGINE_SUBSTITUTION']),
  characterSet: 'utf8mb4',
  foldNames: false,
  functions: new Set(),
};
const MYSQL: ParserSettings = { ...MARIADB, family: 'mysql', version: 80_036 };

const CASES = readFileSync(new URL('../../../../test-fixtures/mysql/classify.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [string, string, string, string, string, string])
  .flatMap(([families, ...rest]) => (families === 'both' ? ['mysql', 'mariadb'] : [families]).map((family) => [family, ...rest] as const));

function summary(analysis: Analysis): string {
  const { class: classes, relations, unfiltered } = classificationOf(analysis);
  const verbs = analysis.statements.map(({ verb }) => verb).join('+');
  return [[...classes].sort().join(','), verbs || '-', relations.join(',') || '-', unfiltered ? 'u' : '-'].join(' | ');
}

test.each(CASES)('%s: %s %s: %s %s: %s', (family, classes, verbs, relations, unfiltered, text) => {
  const settings = family === 'mysql' ? MYSQL : MARIADB;
  const expected = [classes, verbs, relations, unfiltered].join(' | ');
  const analysis = analyse(text, settings);
  expect([summary(analysis), analysis.failure]).toEqual([expected, undefined]);
  expect(summary(analyse(`  ${text}\n`, settings))).toBe(expected);
});

const STRICT = new Set(['STRICT_TRANS_TABLES']);
const { sqlMode: _mode, ...UNKNOWN_MODE } = MARIADB;

describe('what cannot be judged is a failure', () => {
  const deep = (count: number): string => `SELECT ${'('.repeat(count)}1${')'.repeat(count)}`;

  test.each<[name: string, text: string, settings?: ParserSettings]>([
    ['no SQL', 'SELEKT 1'],
    ['an open literal', "SELECT 'secret"],
    ['an open quoted name', 'SELECT `secret'],
    ['an open comment', 'SELECT 1 /* secret'],
    ['an open version comment', '/*!50000 SELECT 1'],
    ['a zero byte', 'SELECT 1\0; DELETE FROM t'],
    ['a zero byte in a name', 'SELECT `a\0` FROM t'],
    ['a zero byte in a comment', 'SELECT 1 # \0\n FROM t'],
    ['a control character', 'SELECT 1\u0001'],
    ['a lone surrogate', "SELECT '\ud800'"],
    ['too long', `SELECT '${'x'.repeat(4 << 20)}'`],
    ['too deep', deep(5_000)],
    ['too many statements', 'SELECT 1;'.repeat(11_000)],
    [
      'an exponent without digits',
      'SELECT 1.e(ascii 1.e(substring(1.e(select password from users limit 1 1.e,1 1.e) 1.e,1 1.e,1 1.e)1.e)1.e)',
    ],
    ['a number that runs into a word', 'SELECT 1.5FROM t'],
    ['a dollar-quoted body', 'CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $$ x $$', MYSQL],
    ['a version comment in another', '/*!50000 SELECT /*!99999 1 */ */'],
    ['a version comment whose end is in a literal', "SELECT 1 /*!99999 '*/' */"],
    ['a version comment whose end is behind a line comment', 'SELECT 1 /*!50000 -- */ \n */'],
    ['a version of six digits for MySQL', '/*!100100 DROP TABLE t */', MYSQL],
    ['statements that come and go with the version', 'SELECT 1 /*!99999 ; DROP TABLE t */'],
    ['a hint that sets a variable', "SELECT /*+ SET_VAR(sql_mode='ANSI_QUOTES') */ 1", MYSQL],
    ['a statement read in another sql_mode', `SET sql_mode = 'ANSI_QUOTES'; SELECT "a"`],
    ['a statement read in a sql_mode to be computed', "SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'); SELECT 1"],
    ['a statement behind a call', 'CALL p(); SELECT 1'],
    ['a statement in another character set', "SET NAMES latin1; SELECT 'é'"],
    ['texts within texts', `PREPARE a FROM 'PREPARE b FROM "PREPARE c FROM ''PREPARE d FROM \\\\"SELECT 1\\\\"''"'`],
    ['a column called returning', 'DELETE FROM t WHERE a = returning OR 1 = 1', MYSQL],
    ['gbk', "SELECT '\u00bf'", { ...MARIADB, characterSet: 'gbk' }],
    ['sjis', 'SELECT 1', { ...MARIADB, characterSet: 'sjis' }],
    ['big5', 'SELECT 1', { ...MARIADB, characterSet: 'big5' }],
    ['gb18030', 'SELECT 1', { ...MARIADB, characterSet: 'gb18030' }],
    ['an ideographic space in latin1', 'SELECT\u00a01', { ...MARIADB, characterSet: 'latin1' }],
    ['a line comment that latin1 alone sees', 'SELECT 1 --\u00a0', { ...MARIADB, characterSet: 'latin1' }],
    ['sql_mode ORACLE', 'SELECT 1', { ...MARIADB, sqlMode: new Set(['ORACLE']) }],
    ['a backslash while sql_mode is not known', "SELECT '\\'", UNKNOWN_MODE],
    ['double quotes while sql_mode is not known', 'SELECT "a"', UNKNOWN_MODE],
  ])('%s', (_name, text, settings = MARIADB) => {
    const analysis = analyse(text, settings);
    // A prepared text that is not understood fails with the statement that runs it.
    const failure =
      analysis.failure ??
      analysis.statements[0]?.prepare?.analysis.statements[0]?.prepare?.analysis.statements[0]?.prepare?.analysis.failure;
    expect(failure).toMatch(/\.$/);
    expect(failure).not.toContain('secret');
  });

  test('but much of it is no trouble', () => {
    const terms = (count: number, term: string, operator: string): string => Array(count).fill(term).join(operator);
    expect(summary(analyse(`DELETE FROM t WHERE ${terms(20_000, 'id = 1', ' OR ')}`, MARIADB))).toBe('write | DELETE | t | -');
    expect(summary(analyse(`SELECT ${terms(50_000, '1', '+')}`, MARIADB))).toBe('read | SELECT | - | -');
    expect(summary(analyse(`INSERT INTO t VALUES ${terms(50_000, "(1, 'x', NULL)", ',')}`, MARIADB))).toBe('write | INSERT | t | -');
    expect(summary(analyse(deep(100), MARIADB))).toBe('read | SELECT | - | -');
    expect(summary(analyse("SELECT _binary '\\\0 \0\ufffd' FROM t", MARIADB))).toBe('read | SELECT | t | -');
  });

  test('the same text is read by sql_mode', () => {
    const quotes = 'SELECT * FROM "t"';
    expect(analyse(quotes, MARIADB).failure).toBeDefined();
    expect(summary(analyse(quotes, { ...MARIADB, sqlMode: new Set(['ANSI_QUOTES']) }))).toBe('read | SELECT | t | -');
    const slash = String.raw`SELECT '\'; DELETE FROM t; -- '`;
    expect(summary(analyse(slash, MARIADB))).toBe('read | SELECT | - | -');
    expect(summary(analyse(slash, { ...MARIADB, sqlMode: new Set(['NO_BACKSLASH_ESCAPES']) }))).toBe('read,write | SELECT+DELETE | t | u');
    const spaced = 'SELECT count (*) FROM t';
    expect(summary(analyse(spaced, { ...MARIADB, sqlMode: new Set(['IGNORE_SPACE']) }))).toBe('read | SELECT | t | -');
    expect(summary(analyse(spaced, UNKNOWN_MODE))).toBe('read,unknown | SELECT | t | -');
  });

  test('a server whose version is not known might run any version comment, and might not', () => {
    const { version: _version, ...somewhere } = MYSQL;
    expect(summary(analyse('DELETE FROM t /*!50000 WHERE a = 1 */', somewhere))).toBe('write | DELETE | t | u');
    expect(summary(analyse('SELECT 1 FROM t /*!80000 , u */ /*!50000 , v */', somewhere))).toBe('read | SELECT | t,u,v | -');
    expect(summary(analyse('DELETE FROM t /*!50000 WHERE a = 1 */', MYSQL))).toBe('write | DELETE | t | -');
    expect(summary(analyse('DELETE FROM t /*!80100 WHERE a = 1 */', MYSQL))).toBe('write | DELETE | t | u');
    expect(summary(analyse('DELETE FROM t /*!50701 WHERE a = 1 */', MARIADB))).toBe('write | DELETE | t | u'); // MySQL's own to MariaDB
    expect(summary(analyse('DELETE FROM t /*M! WHERE a = 1 */', MYSQL))).toBe('write | DELETE | t | u');
  });
});

describe('details', () => {
  const first = (text: string, settings = MARIADB): StatementAnalysis => {
    const [statement] = analyse(text, settings).statements;
    if (statement === undefined) throw new Error(analyse(text, settings).failure);
    return statement;
  };

  test.each([
    ['SELECT a, count(*), lower(b) x, 1 + 2, "c" FROM t', true],
    ['SELECT a, count(*) AS n, lower(b), 1, NULL FROM t, u', true],
    ['SELECT a, count(*) AS n, lower(b), 1, NULL FROM (SELECT * FROM t) AS t', false],
  ])('outputs of %s', (text, flat) => {
    const statement = first(text);
    expect(statement.outputs).toEqual([
      { kind: 'expression', columns: ['a'], opaque: false },
      { kind: 'count' },
      { kind: 'expression', columns: ['b'], opaque: false },
      { kind: 'constant' },
      { kind: 'constant' },
    ]);
    expect(statement.flat).toBe(flat);
  });

  test.each([
    ['SELECT * FROM t', { kind: 'star' }],
    ['SELECT t.* FROM t', { kind: 'star' }],
    ['SELECT count(a) FROM t', { kind: 'expression', columns: ['a'], opaque: false }],
    ['SELECT count(*) + (SELECT 1) FROM t', { kind: 'expression', columns: [], opaque: true }],
    ['SELECT (SELECT a FROM u) FROM t', { kind: 'expression', columns: [], opaque: true }],
    ['SELECT @x FROM t', { kind: 'expression', columns: [], opaque: true }],
    ['SELECT ? FROM t', { kind: 'expression', columns: [], opaque: true }],
    ['SELECT f(a) FROM t', { kind: 'expression', columns: ['a'], opaque: true }],
    ['SELECT sum(a) OVER (ORDER BY b) FROM t', { kind: 'expression', columns: ['a', 'b'], opaque: true }],
    ["SELECT CONCAT(s.t.a, ' ', b) FROM t", { kind: 'expression', columns: ['a', 'b'], opaque: false }],
    ['SELECT a b FROM t', { kind: 'expression', columns: ['a'], opaque: false }],
    ['SELECT NOW() FROM t', { kind: 'expression', columns: [], opaque: false }],
    ['SELECT LOAD_FILE("x") FROM t', { kind: 'expression', columns: [], opaque: true }],
    ['INSERT INTO t (a) VALUES (1) RETURNING b', { kind: 'expression', columns: ['b'], opaque: false }],
  ])('the output of %s', (text, output) => {
    expect(first(text).outputs).toEqual([output]);
  });

  test.each('member escape against rollup of sounds over minus current_role sysdate any end date _email unknown'.split(' '))(
    'a column may be called %s',
    (column) => {
      const { outputs } = first(`SELECT ${column}, 1 FROM t`, MYSQL);
      expect(outputs).toEqual([{ kind: 'expression', columns: [column], opaque: false }, { kind: 'constant' }]);
      expect(first(`SELECT CONCAT(${column}, 'x') AS b FROM t`).outputs).toEqual([
        { kind: 'expression', columns: [column], opaque: false },
      ]);
      expect(first(`UPDATE t SET a = ${column} WHERE id = 1`).copies).toBe(true);
    },
  );

  test("a column's alias may look like the literal behind an introducer", () => {
    expect(first("SELECT _email 'x' FROM t").outputs).toEqual([{ kind: 'expression', columns: ['_email'], opaque: false }]);
    expect(first("SELECT _utf8mb4 'x' FROM t").outputs).toEqual([{ kind: 'constant' }]);
  });

  test('what is native to one server may be stored on another', () => {
    const old = { ...MYSQL, version: 50_744 };
    const { version: _version, ...somewhere } = MYSQL;
    for (const text of ['SELECT nvl(a, b) FROM t', 'SELECT median(a) FROM t', 'SELECT nextval(s)']) {
      expect(first(text, MYSQL).class).toContain('unknown');
      expect(first(text).class).not.toContain('unknown');
    }
    expect(first('SELECT uuid_to_bin(a) FROM t').class).toContain('unknown');
    expect(first('SELECT uuid_to_bin(a), rank() OVER () FROM t', MYSQL).class).toEqual(['read']);
    for (const settings of [old, somewhere]) expect(first('SELECT rank() OVER () FROM t', settings).class).toContain('unknown');
    expect(first('SELECT json_value(a, "$") FROM t', { ...MYSQL, version: 80_020 }).class).toContain('unknown');
    expect(first('SELECT sformat(a, b) FROM t', { ...MARIADB, version: 100_600 }).class).toContain('unknown');
  });

  test.each(['SELECT a FROM t UNION SELECT b FROM u', 'VALUES (1)', 'DELETE FROM t', 'CALL p()'])('none of %s', (text) => {
    expect(first(text).outputs).toBeUndefined();
  });

  test.each([
    'INSERT INTO t SELECT * FROM u',
    'INSERT INTO t (a) VALUES ((SELECT a FROM u))',
    'INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = b',
    'UPDATE t SET a = b WHERE id = 1',
    'UPDATE t JOIN u SET t.a = t.a + 1',
    'UPDATE t SET a = (SELECT b FROM u) WHERE id = 1',
    'REPLACE INTO t SELECT * FROM u',
    'CREATE TABLE t SELECT * FROM u',
    'CREATE TEMPORARY TABLE t AS SELECT * FROM u',
    'CREATE VIEW v AS SELECT * FROM t',
    'CREATE PROCEDURE p() SELECT * FROM t',
    'CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW INSERT INTO u VALUES (NEW.a)',
    'ALTER TABLE t ADD COLUMN x TEXT AS (a)',
    'ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u',
    'SELECT a FROM t INTO @x',
    'SELECT a INTO @x FROM t',
    'SELECT @x := a FROM t',
    'SELECT IF((@x := a) IS NULL, 1, 2) FROM t',
    'SET @x = (SELECT a FROM t)',
    "SELECT a FROM t INTO OUTFILE 'x'",
    'DO @x := (SELECT a FROM t)',
    'GET DIAGNOSTICS CONDITION 1 @m = MESSAGE_TEXT',
    'EXPLAIN ANALYZE INSERT INTO t SELECT * FROM u',
    'ANALYZE INSERT INTO t SELECT * FROM u',
    'BEGIN NOT ATOMIC INSERT INTO t SELECT * FROM u; END',
    "EXECUTE IMMEDIATE 'INSERT INTO t SELECT * FROM u'",
    'EXECUTE p USING (SELECT a FROM t)',
    "LOAD DATA LOCAL INFILE 'x' INTO TABLE t SET a = (SELECT b FROM u)",
    'SELECT LAST_INSERT_ID(a) FROM t',
    'UPDATE t SET n = 1 WHERE LAST_INSERT_ID(a) = 1',
    'SELECT GET_LOCK(a, 0) FROM t',
    'SELECT SETVAL(s, (SELECT a FROM t))',
    'RENAME TABLE t TO u',
    'ALTER TABLE t RENAME u',
    'ALTER TABLE t RENAME COLUMN a TO b',
    'ALTER TABLE t CHANGE a b INT',
  ])('%s stores what it reads', (text) => {
    expect(first(text, text.startsWith('EXPLAIN ANALYZE') ? MYSQL : MARIADB).copies).toBe(true);
  });

  test.each([
    "INSERT INTO t (a, b) VALUES (1, NOW() + INTERVAL 1 DAY), ('x', DEFAULT)",
    'INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE n = n + 1, a = VALUES(a)',
    'INSERT INTO t (a) VALUES (1) AS new ON DUPLICATE KEY UPDATE a = new.a',
    'UPDATE t SET n = n + 1, t.m = t.m * 2, a = 5 WHERE id = 1',
    'DELETE FROM t WHERE id IN (SELECT id FROM u)',
    'CREATE TABLE t (a INT DEFAULT 5)',
    'CREATE TABLE t LIKE u',
    'DROP TABLE t',
    'SELECT * FROM t',
    'SELECT @n := @n + 1, a FROM t',
    'SET @x = 1',
    "LOAD DATA LOCAL INFILE 'x' INTO TABLE t",
    'EXPLAIN INSERT INTO t SELECT * FROM u',
    'SELECT LAST_INSERT_ID()',
    'SELECT NEXTVAL(s)',
    'ALTER TABLE t MODIFY a BIGINT',
  ])('%s stores nothing that it reads', (text) => {
    expect(first(text).copies).toBe(false);
  });

  test('what a prepared text does is known where it is a literal, and put in where it runs', () => {
    const { prepare } = first("PREPARE P FROM 'DELETE FROM t WHERE id = ? AND a = ''x'''");
    expect(prepare).toMatchObject({ name: 'p', text: "DELETE FROM t WHERE id = ? AND a = 'x'" });
    const execute = first('EXECUTE `p` USING @a');
    expect(execute).toMatchObject({ class: ['unknown'], execute: { name: 'p', class: [] } });
    if (prepare === undefined) throw new Error('not prepared');
    const run = withPrepared(execute, prepare.analysis);
    expect(run).toMatchObject({ verb: 'EXECUTE', verbs: ['EXECUTE', 'DELETE'], class: ['write'], unsettles: false });
    expect(run.relations).toEqual([{ name: 't', use: 'both' }]);
    expect(withPrepared(execute, analyse('what?', MARIADB)).class).toEqual(['unknown']);
    expect(first('DEALLOCATE PREPARE P').deallocate).toBe('p');
  });

  test('names without a schema are in the session’s database, and in the one that USE names', () => {
    const shop = { ...MARIADB, database: 'shop' };
    expect(first('SELECT * FROM t, s.u', shop).relations).toEqual([
      { schema: 'shop', name: 't', use: 'read' },
      { schema: 's', name: 'u', use: 'read' },
    ]);
    expect(classificationOf(analyse('USE archive; DELETE FROM t WHERE id = 1', shop)).relations).toEqual(['archive.t']);
    expect(first('SELECT * FROM Shop.T', { ...shop, foldNames: true }).relations).toEqual([{ schema: 'shop', name: 't', use: 'read' }]);
    const folded = first('WITH x AS (SELECT 1) SELECT * FROM X, x', { ...shop, foldNames: true });
    expect(folded.relations).toEqual([{ schema: 'shop', name: 'x', use: 'read' }]);
    expect(first('SELECT * FROM Information_Schema.TABLES', shop).relations[0]).toMatchObject({
      schema: 'information_schema',
      name: 'tables',
    });
  });

  test.each<[text: string, ...uses: string[]]>([
    ['CREATE TABLE t (a INT)', 't made'],
    ['CREATE TABLE t SELECT * FROM u', 't made', 'u read'],
    ['CREATE OR REPLACE VIEW v AS SELECT * FROM v', 'v both'],
    ['CREATE VIEW v AS SELECT * FROM t', 'v made', 't read'],
    ['ALTER VIEW v AS SELECT 1', 'v write'],
    ['INSERT INTO t SELECT * FROM u', 't write', 'u read'],
    ['INSERT INTO t (a) VALUES (1) RETURNING a', 't both'],
    ['UPDATE t SET a = 1', 't both'],
    ['RENAME TABLE t TO u', 't write', 'u write'],
    ["EXECUTE IMMEDIATE 'CREATE TABLE t SELECT * FROM u'", 't made', 'u read'],
  ])('what %s does to each', (text, ...uses) => {
    expect(first(text).relations.map(({ name, use }) => `${name} ${use}`)).toEqual(uses);
  });

  test('a stored function is read where the target lists it, and its output proves nothing', () => {
    const settings = { ...MARIADB, database: 'shop', functions: new Set(['shop.price']) };
    for (const text of ['SELECT Price(1)', 'SELECT shop.price(1)']) {
      expect(first(text, settings)).toMatchObject({ class: ['read'], opaque: true, outputs: [{ kind: 'expression', opaque: true }] });
    }
    expect(first('SELECT other.price(1)', settings).class).toContain('unknown');
    expect(first('SELECT price(1)', MARIADB).class).toContain('unknown');
  });

  test('how the next text is read', () => {
    const after = (text: string): ParserSettings | undefined => settingsAfter(MARIADB, first(text));
    expect(after('SELECT 1')).toBe(MARIADB);
    expect(after('USE shop')).toMatchObject({ database: 'shop' });
    expect(after("SET SESSION sql_mode = 'ansi,no_backslash_escapes'")?.sqlMode).toEqual(
      new Set(['ANSI', 'REAL_AS_FLOAT', 'PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE', 'NO_BACKSLASH_ESCAPES']),
    );
    expect(after("SET NAMES 'latin1'")).toMatchObject({ characterSet: 'latin1' });
    expect(after('SET GLOBAL sql_mode = ANSI')).toBe(MARIADB);
    for (const text of [
      'SET sql_mode = 4',
      'SET @@sql_mode = @old',
      'SET sql_mode = DEFAULT',
      'SET NAMES DEFAULT',
      'CALL p()',
      'EXECUTE p',
    ]) {
      expect(after(text)).toBeUndefined();
    }
  });

  test.each([
    ['collected', 'SHOW WARNINGS'],
    ['collected', 'SHOW FULL PROCESSLIST'],
    ['collected', 'SELECT * FROM performance_schema.events_statements_history'],
    ['collected', 'SELECT * FROM information_schema.PROCESSLIST'],
    ['collected', 'SELECT * FROM information_schema.COLUMN_STATISTICS'],
    ['collected', 'SELECT * FROM mysql.column_stats'],
    ['opaque', 'HANDLER t READ NEXT'],
    ['opaque', 'CALL p()'],
    ['opaque', "SELECT LOAD_FILE('x')"],
    ['opaque', 'SELECT f()'],
    ['secret', "CREATE USER u IDENTIFIED BY 'x'"],
    ['secret', "GRANT ALL ON *.* TO u IDENTIFIED BY 'x'"],
    ['secret', "SET PASSWORD = PASSWORD('x')"],
    ['secret', "CHANGE MASTER TO MASTER_PASSWORD = 'x'"],
    ['secret', "CREATE TABLE t (a INT) ENGINE = FEDERATED CONNECTION = 'mysql://u:p@h/d/t'"],
  ] as const)('%s: %s', (fact, text) => {
    expect(first(text)[fact]).toBe(true);
    expect(first('SELECT a FROM t WHERE b = 1')[fact]).toBe(false);
    expect(first('SELECT * FROM information_schema.columns').collected).toBe(false);
  });

  test.each(['DESCRIBE t', 'DESC t a', 'SHOW FULL COLUMNS FROM t', 'SHOW CREATE TABLE t', 'SHOW CREATE VIEW v', 'SHOW TABLES WHERE a = 1'])(
    '%s describes',
    (text) => expect(first(text).describes).toBe(true),
  );

  test.each([
    'SELECT * FROM t',
    'EXPLAIN SELECT * FROM t', // shows constants that it read
    'SHOW WARNINGS',
    'SHOW CREATE USER u',
    'SHOW TABLES WHERE (SELECT count(*) FROM t) > 1',
    'SHOW TABLES WHERE f(1)',
  ])('%s may show more than a description', (text) => {
    expect(first(text).describes).toBe(false);
  });

  test('a shape stands for its texts where their literals are values', () => {
    const shapes = ['SELECT a FROM t WHERE b = 1 -- x', 'SELECT  a FROM t\nWHERE b = 23'].map((text) => analyse(text, MARIADB));
    expect(shapes.map(({ shape }) => shape)).toEqual(['SELECT a FROM t WHERE b = 0', 'SELECT a FROM t WHERE b = 0']);
    expect(shapes.map(({ byValue }) => byValue)).toEqual([undefined, undefined]);
    for (const text of [
      "DELETE FROM t WHERE a = b OR a LIKE '%'",
      "PREPARE p FROM 'SELECT 1'",
      "SELECT LOAD_FILE('x')",
      "SET @x = 'a'",
      'DELETE FROM t WHERE b = 1 OR 0',
    ]) {
      expect(analyse(text, MARIADB).byValue).toBe(true);
    }
    expect(analyse("SELECT N'a', x'41', 'a' 'b', \"c\" FROM t /*!50000 WHERE a = 'b' */", MARIADB).shape).toBe(
      "SELECT N'?', X'?', '?' '?', '?' FROM t /*!50000 WHERE a = '?' */",
    );
    expect(analyse('BEGIN; COMMIT', { ...MARIADB, sqlMode: STRICT }).byValue).toBeUndefined();
  });

  test('where each statement stands', () => {
    const text = 'SELECT 1 ; /* x */ DELETE FROM t;';
    expect(analyse(text, MARIADB).statements.map(({ start, end }) => text.slice(start, end))).toEqual(['SELECT 1', 'DELETE FROM t']);
  });
});
