import type { InspectedColumn } from '@sallyport/core';
import type { Interview } from './interview.ts';

/** Enough for the largest application; beyond it, the rest goes unseen. */
const MOST_COLUMNS = 20_000;
const SAMPLED_TABLES = 20;
const SAMPLED_COLUMNS = 40;
const SAMPLED_ROWS = 50;
const SAMPLED_CHARACTERS = 200;

const OWN = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'";

/** Partitions are left out: their parent's masks cover them. */
const COLUMNS_SQL = `SELECT n.nspname, c.relname, a.attname, c.relkind
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND ${OWN}
  ORDER BY 1, 2, a.attnum LIMIT ${MOST_COLUMNS}`;

/** The fullest tables that hold text; never a view or a foreign table, whose reading may do anything. */
const SAMPLED_SQL = `SELECT n.nspname, c.relname, to_json((array_agg(a.attname ORDER BY a.attnum))[1:${SAMPLED_COLUMNS}])
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${OWN}
    AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) AND has_column_privilege(c.oid, a.attnum, 'SELECT')
  GROUP BY n.nspname, c.relname, c.reltuples ORDER BY c.reltuples DESC LIMIT ${SAMPLED_TABLES}`;

/** The columns of one database, with a few values each where they are asked for. */
export async function readColumns(interview: Interview, database: string, sample: boolean): Promise<readonly InspectedColumn[]> {
  const rows = (await interview.ask(COLUMNS_SQL)) ?? [];
  const values = sample ? await readSamples(interview) : undefined;
  return rows.map(([schema = '', table = '', name = '', kind]): InspectedColumn => {
    const relation = `${schema}.${table}`;
    const found = values?.get(keyOf(relation, name ?? ''));
    return {
      database,
      relation,
      name: name ?? '',
      of: kind === 'v' || kind === 'm' ? 'view' : 'table',
      ...(found !== undefined && { sample: found }),
    };
  });
}

async function readSamples(interview: Interview): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const [schema, table, columns] of (await interview.ask(SAMPLED_SQL)) ?? []) {
    const names = JSON.parse(columns ?? '[]') as readonly string[];
    const cut = names.map((name) => `left(${quoted(name)}, ${SAMPLED_CHARACTERS})`).join(', ');
    const rows = (await interview.ask(`SELECT ${cut} FROM ${quoted(schema ?? '')}.${quoted(table ?? '')} LIMIT ${SAMPLED_ROWS}`)) ?? [];
    for (const [at, name] of names.entries()) {
      const values = rows.flatMap((row) => (row[at] === null || row[at] === undefined ? [] : [row[at]]));
      found.set(keyOf(`${schema}.${table}`, name), values);
    }
  }
  return found;
}

function keyOf(relation: string, column: string): string {
  return JSON.stringify([relation, column]);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
