const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ''));

/** Reserved words between or before operands, in every version: no column is called so without quotes. */
export const OPERATOR_WORDS = words(`
  AND OR XOR NOT IS IN LIKE RLIKE REGEXP BETWEEN DIV MOD BINARY EXISTS DISTINCT ALL INTERVAL WHEN THEN ELSE BY FROM FOR USING ORDER
  SEPARATOR PARTITION ASC DESC AS LIMIT RANGE BOTH LEADING TRAILING ON GROUP HAVING WHERE`);

/** Operators behind a value, where no column can stand; elsewhere a column may be called so. */
export const BEHIND_VALUE = words('MEMBER OF SOUNDS ESCAPE AGAINST OVER ROWS RETURNING ROLLUP');

/** Character sets that every server has and that a literal can be introduced with, as `_utf8mb4'…'`. */
export const INTRODUCERS = words('_UTF8 _UTF8MB3 _UTF8MB4 _LATIN1 _ASCII _BINARY _UCS2 _UTF16 _UTF32');

/** Reserved words that stand for a value. */
export const CONSTANT_WORDS = words(`
  NULL \\N TRUE FALSE DEFAULT MAXVALUE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER LOCALTIME LOCALTIMESTAMP
  UTC_DATE UTC_TIME UTC_TIMESTAMP`);

export const SET_OPERATORS = words('UNION EXCEPT INTERSECT');
export const QUERY_STARTS = words('SELECT WITH VALUES TABLE');

/** What may follow the tables or the select list of a query, all reserved. */
const CLAUSES = `FROM WHERE GROUP HAVING ORDER LIMIT UNION EXCEPT INTERSECT INTO FOR LOCK PROCEDURE WINDOW FETCH RETURNING`;
export const CLAUSE_STOPS = words(CLAUSES);
export const ITEM_STOPS = words(`${CLAUSES} AS`);
const JOINS = 'JOIN INNER CROSS LEFT RIGHT NATURAL STRAIGHT_JOIN FULL';
/** What ends a condition of ON. */
export const JOIN_STOPS = words(`${CLAUSES} ${JOINS} ON USING SET`);
/** What cannot be a table's alias. */
export const NO_ALIAS = words(`${CLAUSES} ${JOINS} ON USING SET USE FORCE IGNORE PARTITION AS VALUES VALUE SELECT TABLE DO THEN END`);
export const JOIN_WORDS = words('NATURAL INNER CROSS LEFT RIGHT OUTER FULL');
