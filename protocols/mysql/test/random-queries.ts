import type { Dice } from '../../../test-fixtures/dice.ts';

interface RandomColumn {
  readonly name: string;
  readonly type: string;
  /** Its cells hold a canary. */
  readonly hidden: boolean;
}

export interface RandomTable {
  readonly name: string;
  readonly columns: readonly RandomColumn[];
}

/** What every hidden cell begins with, long enough for no hash to hold it by chance; a bigint has these letters for bytes. */
export const CANARY = 'canary';
const NUMBER = 0x6361_6e61_7279_0000n;
/** The digits that all such numbers begin with. */
export const CANARY_DIGITS: string = String(NUMBER).slice(0, 14);

const TYPES = ['text', 'varchar(40)', 'bigint', 'json', 'char(20)', 'varbinary(40)', 'decimal(20)', 'mediumtext'];
const NAMES = ['a', 'b', 'name', 'Card', 'select', 'card_no', 'x y'];

const q = (name: string): string => `\`${name}\``;

function literal({ type, hidden }: RandomColumn, row: number): string {
  const word = `${hidden ? CANARY : 'plain'}${row}`;
  if (type === 'bigint' || type === 'decimal(20)') return hidden ? String(NUMBER + BigInt(row)) : String(row);
  return type === 'json' ? `'{"k": "${word}"}'` : `'${word}'`;
}

/** A few tables, some of whose columns are hidden. */
export function randomTables(dice: Dice, count: number): readonly RandomTable[] {
  return Array.from({ length: count }, (_, table) => {
    const names = NAMES.filter(() => dice.below(2) === 0);
    const columns = [...names, 'c'].map((name): RandomColumn => ({ name, type: dice.of(TYPES), hidden: dice.below(2) === 0 }));
    const fixed = [
      { name: 'h', type: 'varchar(40)', hidden: true },
      { name: 'p', type: 'varchar(40)', hidden: false },
    ];
    return { name: `t${table}`, columns: [...columns, ...fixed] };
  });
}

/** Makes them, with three rows, two views, a generated column, a procedure and a function each. */
export function schemaOf(tables: readonly RandomTable[]): string {
  return tables
    .map(({ name, columns }) => {
      const definitions = columns.map((column) => `${q(column.name)} ${column.type}`).join();
      const rows = [1, 2, 3].map((row) => `(${row}, ${columns.map((column) => literal(column, row)).join()})`).join();
      const names = columns.map((column) => q(column.name)).join();
      return `CREATE TABLE ${name} (id int PRIMARY KEY, ${definitions}, g varchar(60) AS (concat(h, p)) STORED);
        INSERT INTO ${name} (id, ${names}) VALUES ${rows};
        CREATE VIEW v_${name} AS SELECT * FROM ${name};
        CREATE VIEW w_${name} AS SELECT id, h AS p, p AS h, x.c AS c, concat(h, '') AS a FROM ${name} AS x;
        CREATE PROCEDURE call_${name}() READS SQL DATA SELECT * FROM v_${name} AS t0;
        CREATE FUNCTION h_${name}() RETURNS text READS SQL DATA RETURN (SELECT max(h) FROM ${name});`;
    })
    .join('\n');
}

const EXPRESSIONS: readonly ((column: string) => string)[] = [
  (column) => column,
  (column) => column,
  (column) => `concat(${column}, '!')`,
  (column) => `upper(${column})`,
  (column) => `coalesce(${column}, 'none')`,
  (column) => `cast(${column} AS char)`,
  (column) => `json_array(${column})`,
  (column) => `json_object('k', ${column}, 'n', 1)`,
  (column) => `CASE WHEN 1 THEN ${column} END`,
  (column) => `substr(${column}, 1)`,
  (column) => `(SELECT ${column})`,
  (column) => `hex(${column})`,
  (column) => `reverse(${column})`,
  (column) => `if(id > 0, ${column}, ${column})`,
  (column) => `cast(concat(${column}, 'x') AS int)`,
];
const AGGREGATES: readonly ((column: string) => string)[] = [
  (column) => `max(${column})`,
  (column) => `group_concat(${column})`,
  (column) => `json_arrayagg(${column})`,
  () => 'count(*)',
];
const ALIASES = ['', ' AS p', ' AS h', ' AS id', ' x'];

/** A query over the tables, at most `depth` deep. Some are none: a derived table may have a name twice. */
export function randomSelect(dice: Dice, tables: readonly RandomTable[], depth: number): string {
  const table = dice.of(tables);
  const column = (row: string): string => `${row}.${q(dice.of(['id', 'g', 'h', 'p', ...table.columns.map(({ name }) => name)]))}`;
  const item = (): string => (dice.below(5) === 0 ? 'r.*' : dice.of(EXPRESSIONS)(column('r')) + dice.of(ALIASES));
  const list = (): string => Array.from({ length: 1 + dice.below(3) }, item).join();
  const source = dice.of([table.name, `v_${table.name}`, `w_${table.name}`]);
  const other = dice.of(tables).name;
  const inner = (): string => (depth > 0 ? randomSelect(dice, tables, depth - 1) : `SELECT h FROM ${table.name}`);
  return dice.of([
    () => `SELECT ${list()} FROM ${source} r`,
    () => `SELECT ${list()} FROM ${source} r WHERE r.h LIKE '${CANARY}%' ORDER BY id LIMIT 2`,
    () => `SELECT DISTINCT h, p FROM ${source} ${other}`,
    () => `SELECT ${other}.p, ${other}.h AS id FROM ${source} ${other}`,
    () => `SELECT ${dice.of(AGGREGATES)(column('r'))} FROM ${source} r`,
    () => `SELECT ${column('r')}, s.* FROM ${source} r JOIN ${other} s ON r.id = s.id`,
    () => `SELECT s.* FROM (${inner()}) s`,
    () => `SELECT * FROM (${inner()}) ${other}`,
    () => `SELECT p FROM (SELECT h AS p FROM ${source}) ${other}`,
    () => `SELECT r.p FROM (SELECT concat(h) AS p FROM ${source}) r, ${other} s`,
    () => `WITH p AS (${inner()}) SELECT * FROM p`,
    () => `WITH ${other} AS (${inner()}) SELECT x.* FROM ${other} x`,
    () => `SELECT r.p FROM ${source} r UNION ALL SELECT upper(h) FROM ${other}`,
    () => `SELECT h FROM ${table.name} EXCEPT SELECT p FROM ${table.name}`,
    () => `(SELECT p FROM ${source}) UNION (SELECT h FROM ${other}) ORDER BY 1`,
    () => `SELECT (SELECT max(h) FROM ${source}), h_${table.name}()`,
    () => `SELECT first_value(${column('r')}) OVER (ORDER BY id), count(*) OVER () FROM ${source} r`,
    () => `SELECT h FROM ${source} GROUP BY h WITH ROLLUP`,
    () => `SELECT ${column('r')} FROM ${source} r NATURAL JOIN ${table.name} s`,
    () => `SELECT /*! ${column('r')}, */ r.p FROM ${source} r`,
  ])();
}

/** Messages of one conversation that may show what is hidden. */
export function randomConversation(dice: Dice, tables: readonly RandomTable[]): readonly string[] {
  const query = randomSelect(dice, tables, 2);
  const { name } = dice.of(tables);
  const quoted = `'${query.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return dice.of<() => readonly string[]>([
    () => [query],
    () => [query],
    () => [query],
    () => [query],
    () => [`PREPARE s FROM ${quoted}`, 'EXECUTE s', 'DEALLOCATE PREPARE s'],
    () => [`EXECUTE IMMEDIATE ${quoted}`],
    () => [`SET @q = ${quoted}`, 'PREPARE s FROM @q', 'EXECUTE s'],
    () => [`DELETE FROM ${name} WHERE id < 3 RETURNING *`],
    () => [`DELETE FROM ${name} WHERE id < 3 RETURNING upper(h), h AS p`],
    () => [`INSERT INTO ${name} (id) VALUES (9) RETURNING (SELECT max(h) FROM ${dice.of(tables).name})`],
    () => [`INSERT INTO ${name} (id, h) VALUES (1, '${CANARY}')`],
    () => [`UPDATE ${name} SET p = h`, `SELECT p FROM ${name}`],
    () => [`INSERT INTO ${name} (id, p) SELECT id + 9, h FROM ${name}`, `SELECT p FROM ${name}`],
    () => [`CREATE TEMPORARY TABLE kept AS ${query}`, 'SELECT * FROM kept'],
    () => [`SELECT max(h) INTO @x FROM ${name}`, 'SELECT @x'],
    () => [`HANDLER ${name} OPEN p`, 'HANDLER p READ FIRST'],
    () => [`CALL call_${name}()`],
    () => [`BEGIN NOT ATOMIC ${query}; END`],
    () => [`SELECT updatexml(1, concat('~', h), 1) FROM ${name}`],
    () => [`SELECT cast(concat(h, 'x') AS int) FROM ${name}`, 'SHOW WARNINGS'],
    () => [`EXPLAIN EXTENDED SELECT h FROM ${name} WHERE id = 1`, 'SHOW WARNINGS'],
    () => [`SELECT ${query.includes('*') ? '1' : '2'}; ${query}; SELECT h FROM ${name}`],
  ])();
}
