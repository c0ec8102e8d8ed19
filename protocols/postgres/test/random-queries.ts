import type { Dice } from '../../../test-fixtures/dice.ts';

export interface RandomColumn {
  readonly name: string;
  readonly type: string;
  /** Its cells hold a canary. */
  readonly hidden: boolean;
}

export interface RandomTable {
  readonly name: string;
  readonly columns: readonly RandomColumn[];
}

/** What every hidden cell begins with, long enough for no hash to hold it by chance; an int8 has these letters for bytes. */
export const CANARY = 'canary';
const NUMBER = 0x6361_6e61_7279_0000n;
/** The digits that all such numbers begin with. */
export const CANARY_DIGITS: string = String(NUMBER).slice(0, 14);

const TYPES = ['text', 'varchar', 'int8', 'jsonb', 'text[]', 'char(20)'];
const NAMES = ['a', 'b', 'name', 'Card', 'select', 'card_no', 'x y'];

/** A quoted name. */
const q = (name: string): string => `"${name}"`;

function literal({ type, hidden }: RandomColumn, row: number): string {
  const word = `${hidden ? CANARY : 'plain'}${row}`;
  if (type === 'int8') return hidden ? String(NUMBER + BigInt(row)) : String(row);
  if (type === 'jsonb') return `'{"k": "${word}"}'`;
  return type === 'text[]' ? `ARRAY['${word}', NULL]` : `'${word}'`;
}

/** A few tables, some of whose columns are hidden. */
export function randomTables(dice: Dice, count: number): readonly RandomTable[] {
  return Array.from({ length: count }, (_, table) => {
    const names = NAMES.filter(() => dice.below(2) === 0);
    const columns = [...names, 'c'].map((name): RandomColumn => ({ name, type: dice.of(TYPES), hidden: dice.below(2) === 0 }));
    return {
      name: `t${table}`,
      columns: [...columns, { name: 'h', type: 'text', hidden: true }, { name: 'p', type: 'text', hidden: false }],
    };
  });
}

/** Makes them, with three rows, a view, a function and a materialized view each. */
export function schemaOf(tables: readonly RandomTable[]): string {
  return tables
    .map(({ name, columns }) => {
      const definitions = columns.map((column) => `${q(column.name)} ${column.type}`).join();
      const rows = [1, 2, 3].map((row) => `(${row}, ${columns.map((column) => literal(column, row)).join()})`).join();
      return `CREATE TABLE ${name} (id int PRIMARY KEY, ${definitions}); INSERT INTO ${name} VALUES ${rows};
        CREATE VIEW v_${name} AS SELECT * FROM ${name}; CREATE MATERIALIZED VIEW m_${name} AS SELECT * FROM ${name};
        CREATE FUNCTION f_${name}(int) RETURNS SETOF ${name} STABLE LANGUAGE sql AS 'SELECT * FROM ${name} WHERE id >= $1';
        CREATE FUNCTION h_${name}() RETURNS text STABLE LANGUAGE sql AS 'SELECT max(h) FROM ${name}';`;
    })
    .join('\n');
}

const EXPRESSIONS: readonly ((column: string) => string)[] = [
  (column) => column,
  (column) => column,
  (column) => `${column}::text`,
  (column) => `${column}::text || '!'`,
  (column) => `upper(${column}::text)`,
  (column) => `coalesce(${column}::text, 'none')`,
  (column) => `to_json(${column})`,
  (column) => `ROW(${column}, 1)`,
  (column) => `ARRAY[${column}]`,
  (column) => `CASE WHEN true THEN ${column} END`,
  (column) => `substr(${column}::text, 1)`,
  (column) => `(SELECT ${column})`,
  (column) => `format('%s', ${column})`,
  (column) => `${column}::text::int`,
];
const AGGREGATES: readonly ((column: string) => string)[] = [
  (column) => `max(${column}::text)`,
  (column) => `array_agg(${column})`,
  (column) => `string_agg(${column}::text, ',')`,
  (column) => `json_agg(${column})`,
  () => 'count(*)',
];

/** A query over the tables, at most `depth` deep. */
export function randomSelect(dice: Dice, tables: readonly RandomTable[], depth: number): string {
  const table = dice.of(tables);
  const column = (row: string): string => `${row}.${q(dice.of(table.columns).name)}`;
  const whole = (): string => dice.of(['r', 'r.*', 'row_to_json(r)', 'r::text', 'to_jsonb(r)']);
  const list = (): string =>
    Array.from({ length: 1 + dice.below(3) }, () => (dice.below(5) === 0 ? whole() : dice.of(EXPRESSIONS)(column('r')))).join();
  const source = dice.of([table.name, `v_${table.name}`, `m_${table.name}`, `f_${table.name}(1)`, `ONLY ${table.name}`]);
  const inner = (): string => (depth > 0 ? randomSelect(dice, tables, depth - 1) : `SELECT h FROM ${table.name}`);
  return dice.of([
    () => `SELECT ${list()} FROM ${source} r`,
    () => `SELECT ${list()} FROM ${source} r WHERE r.h LIKE '${CANARY}%' ORDER BY id LIMIT 2`,
    () => `SELECT ${dice.of(AGGREGATES)(column('r'))} FROM ${source} r`,
    () => `SELECT ${column('r')}, s.* FROM ${source} r JOIN ${dice.of(tables).name} s ON r.id = s.id`,
    () => `SELECT s.* FROM (${inner()}) s`,
    () => `SELECT s FROM (${inner()}) s`,
    () => `WITH p AS (${inner()}) SELECT * FROM p`,
    () => `WITH ${table.name} AS (${inner()}) SELECT x.* FROM ${table.name} x`,
    () => `SELECT r.p FROM ${source} r UNION ALL SELECT upper(h) FROM ${dice.of(tables).name}`,
    () => `SELECT h FROM ${table.name} EXCEPT SELECT p FROM ${table.name}`,
    () => `SELECT r.p, l.* FROM ${source} r, LATERAL (${inner()}) l`,
    () => `SELECT ARRAY(SELECT h FROM ${table.name}), h_${table.name}()`,
    () => `SELECT first_value(${column('r')}) OVER (ORDER BY id), count(*) OVER () FROM ${source} r`,
    () => `SELECT DISTINCT ${column('r')}::text FROM ${source} r GROUP BY ROLLUP (1)`,
  ])();
}

/** Messages of one conversation that may show what is hidden. */
export function randomConversation(dice: Dice, tables: readonly RandomTable[]): readonly string[] {
  const query = randomSelect(dice, tables, 2);
  const { name } = dice.of(tables);
  const options = dice.of(['', '(FORMAT csv, HEADER)', '(FORMAT binary)', "(DELIMITER ';', NULL '')"]);
  return dice.of<() => readonly string[]>([
    () => [query],
    () => [query],
    () => [query],
    () => [`COPY (${query}) TO STDOUT ${options}`],
    () => [`COPY ${name} TO STDOUT ${options}`],
    () => [`DECLARE d CURSOR FOR ${query}`, 'FETCH ALL FROM d'],
    () => [`DECLARE d BINARY CURSOR FOR ${query}`, 'FETCH 2 FROM d'],
    () => [`PREPARE s AS ${query}`, 'EXECUTE s', 'DEALLOCATE s'],
    () => [`UPDATE ${name} SET p = p WHERE id = 1 RETURNING *`],
    () => [`DELETE FROM ${name} WHERE id < 3 RETURNING ${name}, upper(h)`],
    () => [`INSERT INTO ${name} (id) VALUES (9) RETURNING (SELECT max(h) FROM ${name})`],
    () => [`INSERT INTO ${name} (id, h) VALUES (1, '${CANARY}')`],
    () => [`CREATE TEMP TABLE kept AS ${query}`, 'SELECT * FROM kept'],
    () => [`CREATE TEMP VIEW seen AS ${query}`, 'SELECT * FROM seen'],
    () => [`EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM ${name} WHERE h = '${CANARY}1'`],
    () => [`DO $$ BEGIN RAISE NOTICE '%', (SELECT max(h) FROM ${name}); END $$`],
    () => [`DO $$ BEGIN RAISE EXCEPTION '%', (SELECT max(h) FROM ${name}); END $$`],
    () => [`SELECT ${query.includes('*') ? '1' : '2'}; ${query}; SELECT h FROM ${name}`],
  ])();
}
