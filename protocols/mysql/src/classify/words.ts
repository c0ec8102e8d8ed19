const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ''));

/** Words between operands of an expression, reserved or followed by what no name is followed by. */
export const OPERATOR_WORDS = words(`
  AND OR XOR NOT IS IN LIKE RLIKE REGEXP BETWEEN DIV MOD ESCAPE MEMBER OF SOUNDS BINARY EXISTS DISTINCT ALL INTERVAL WHEN THEN ELSE
  BY FROM FOR USING ORDER SEPARATOR PARTITION OVER ASC DESC AS AGAINST LIMIT ROWS RANGE BOTH LEADING TRAILING ON ROLLUP GROUP HAVING
  WHERE RETURNING`);

/** Words that stand for a value. */
export const CONSTANT_WORDS = words(`
  NULL \\N TRUE FALSE DEFAULT MAXVALUE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURRENT_ROLE LOCALTIME LOCALTIMESTAMP
  UTC_DATE UTC_TIME UTC_TIMESTAMP SYSDATE`);

export const SET_OPERATORS = words('UNION EXCEPT INTERSECT MINUS');
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
