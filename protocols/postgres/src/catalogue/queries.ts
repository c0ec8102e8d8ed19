/**
 * What is read of a target's system catalogues. Other sessions' temporary objects and TOAST tables
 * are left out.
 * https://www.postgresql.org/docs/current/catalogs.html
 */

/**
 * Objects that the server brings have smaller OIDs. That alone proves nothing: single-user mode and
 * pg_upgrade leave people's own tables there too.
 */
export const FIRST_OWN_OID = 16_384;

/** Schemas that the server brings. That alone proves nothing: some extensions put functions into pg_catalog. */
export const SYSTEM_SCHEMAS: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema']);

const own = (oid: string): string => `(${oid} >= ${FIRST_OWN_OID} OR n.nspname NOT IN ('pg_catalog', 'information_schema'))`;

const PASSED_SCHEMAS = "n.nspname !~ '^pg_(toast|temp)'";

/** Which cluster and database this is: restored or swapped ones must not share what was learnt. */
export const IDENTITY = 'SELECT d.oid, s.system_identifier FROM pg_database d, pg_control_system() s WHERE d.datname = current_database()';
/** The same where pg_control_system is forbidden. */
export const IDENTITY_WITHOUT_CONTROL = 'SELECT d.oid, NULL FROM pg_database d WHERE d.datname = current_database()';

/** Changes whenever a row does that a catalogue is made of: cheaper than reading them all again. */
export const FINGERPRINT = `SELECT
  (SELECT concat(count(*), '/', sum(hashtext(concat(oid, ' ', xmin))::int8)) FROM pg_class),
  (SELECT concat(count(*), '/', sum(hashtext(concat(attrelid, ' ', attnum, ' ', xmin))::int8)) FROM pg_attribute),
  (SELECT concat(count(*), '/', sum(hashtext(concat(oid, ' ', xmin))::int8)) FROM pg_proc),
  (SELECT concat(count(*), '/', sum(hashtext(concat(oid, ' ', xmin))::int8)) FROM pg_rewrite),
  (SELECT concat(count(*), '/', sum(hashtext(concat(oid, ' ', xmin))::int8)) FROM pg_operator),
  (SELECT concat(count(*), '/', sum(hashtext(concat(oid, ' ', xmin))::int8)) FROM pg_namespace),
  (SELECT concat(count(*), '/', sum(hashtext(concat(oid, ' ', xmin))::int8)) FROM pg_type),
  (SELECT concat(count(*), '/', sum(hashtext(concat(oid, ' ', xmin))::int8)) FROM pg_cast),
  (SELECT concat(count(*), '/', sum(hashtext(concat(oid, ' ', xmin))::int8)) FROM pg_constraint),
  (SELECT concat(count(*), '/', sum(hashtext(concat(inhrelid, ' ', inhparent, ' ', xmin))::int8)) FROM pg_inherits)`;

/** oid, schema, name, kind */
export const RELATIONS = `SELECT c.oid, n.nspname, c.relname, c.relkind
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${PASSED_SCHEMAS}`;

/** relation, number, name. A sequence's too: what reads protected values may not be given to setval, and pg_dump asks for them. */
export const COLUMNS = `SELECT a.attrelid, a.attnum, a.attname
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND ${own('c.oid')} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${PASSED_SCHEMAS}`;

/** view, what its rewrite rule is and which version of it */
export const VIEWS = `SELECT c.oid, concat(r.oid, ' ', r.xmin)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_rewrite r ON r.ev_class = c.oid AND r.ev_type = '1'
  WHERE c.relkind IN ('v', 'm') AND ${own('c.oid')} AND ${PASSED_SCHEMAS}`;

/** relation, relation that its rules (views are rules) read or write */
export const RULE_SOURCES = `SELECT DISTINCT r.ev_class, d.refobjid
  FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
  WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class`;

/** relation, function that its rules call, directly or by an operator */
export const RULE_ROUTINES = `SELECT DISTINCT r.ev_class, coalesce(o.oprcode::oid, d.refobjid)
  FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
  LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
  WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)`;

/** child, parent: partitions and inheritance */
export const INHERITANCE = 'SELECT inhrelid, inhparent FROM pg_inherits';

const EXTENSION_OWNED = (catalogue: string, oid: string): string =>
  `EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

/**
 * oid, schema, name, fewest and most arguments (-1: any number), whether it is volatile, whether an
 * extension owns it. An aggregate is as volatile as the functions that it is made of.
 */
export const ROUTINES = `SELECT p.oid, n.nspname, p.proname, p.pronargs - p.pronargdefaults - (p.provariadic <> 0)::int,
    CASE WHEN p.provariadic <> 0 THEN -1 ELSE p.pronargs END,
    p.provolatile = 'v' OR EXISTS (
      SELECT FROM pg_aggregate a JOIN pg_proc f
        ON f.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn)
      WHERE a.aggfnoid = p.oid AND f.provolatile = 'v'),
    ${EXTENSION_OWNED('pg_proc', 'p.oid')}
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${own('p.oid')}`;

/** name, whether one of that name is volatile: the functions that the server brings */
export const SYSTEM_ROUTINES = `SELECT proname, bool_or(provolatile = 'v') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE NOT ${own('p.oid')} GROUP BY proname`;

/** schema, name, arguments, function, whether an extension owns it */
export const OPERATORS = `SELECT n.nspname, o.oprname, (o.oprleft <> 0)::int + (o.oprright <> 0)::int, o.oprcode::oid, ${EXTENSION_OWNED('pg_operator', 'o.oid')}
  FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE ${own('o.oid')}`;

/** Types of texts: citext and its like. */
export const TEXT_TYPES = `SELECT t.oid FROM pg_type t WHERE t.typcategory = 'S' AND t.typtype = 'b' AND t.oid >= ${FIRST_OWN_OID}`;

/**
 * schema, name, function that a cast from or to the type, or a domain's check, may call, whether it is a cast. What
 * a type has inside counts as its own: a domain's base, the columns of a row, the elements of an array, a range's bounds.
 */
export const TYPE_ROUTINES = `WITH RECURSIVE inside (whole, part) AS (
    SELECT oid, typbasetype FROM pg_type WHERE typbasetype <> 0
    UNION ALL SELECT oid, typelem FROM pg_type WHERE typelem <> 0
    UNION ALL SELECT rngtypid, rngsubtype FROM pg_range
    UNION ALL SELECT rngmultitypid, rngsubtype FROM pg_range
    UNION ALL SELECT t.oid, a.atttypid FROM pg_attribute a JOIN pg_type t ON t.typrelid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped
  ), runs (type, routine, is_cast) AS (
    SELECT t.oid, c.castfunc, true FROM pg_cast c JOIN pg_type t ON t.oid IN (c.castsource, c.casttarget)
      JOIN pg_namespace n ON n.oid = t.typnamespace
      WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.castfunc IN (
        SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${own('p.oid')})
    UNION SELECT k.contypid, coalesce(o.oprcode::oid, d.refobjid), false FROM pg_constraint k
      JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
      LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
      WHERE k.contypid <> 0 AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
    UNION SELECT i.whole, r.routine, r.is_cast FROM inside i JOIN runs r ON r.type = i.part
  )
  SELECT n.nspname, t.typname, r.routine, r.is_cast FROM runs r JOIN pg_type t ON t.oid = r.type JOIN pg_namespace n ON n.oid = t.typnamespace`;
