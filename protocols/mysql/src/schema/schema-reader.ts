import type { StatementAnalysis } from '../classify/analysis.ts';
import { analyse } from '../classify/classifier.ts';
import { versionOf } from '../family.ts';
import { type Relation, Schema } from '../relay/schema.ts';
import type { OwnConnection } from '../startup/own-connection.ts';

const OWN = "TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')";
const COLUMNS_SQL = `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE ${OWN} ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`;
const VIEWS_SQL = `SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE ${OWN}`;

/** Reads a target's tables, views and columns. @throws GatewayError */
export async function readSchema(connection: OwnConnection): Promise<Schema> {
  const views = new Map<string, string>();
  for (const [schema, name, definition] of await connection.query(VIEWS_SQL)) views.set(`${schema}\0${name}`, definition ?? '');
  const relations = new Map<string, Relation & { readonly columns: string[] }>();
  for (const [schema, name, column] of await connection.query(COLUMNS_SQL)) {
    const key = `${schema}\0${name}`;
    const known = relations.get(key);
    if (known !== undefined) known.columns.push(column ?? '');
    else relations.set(key, relationOf(schema ?? '', name ?? '', column ?? '', views.get(key), connection));
  }
  return new Schema([...relations.values()]);
}

function relationOf(
  schema: string,
  name: string,
  column: string,
  definition: string | undefined,
  { serverVersion }: OwnConnection,
): Relation & { readonly columns: string[] } {
  if (definition === undefined) return { schema, name, columns: [column] };
  return { schema, name, columns: [column], view: viewOf(definition, schema, serverVersion) };
}

/** Without the right to see it (SHOW VIEW) the definition is empty. */
function viewOf(definition: string, schema: string, serverVersion: string): StatementAnalysis | 'unknown' {
  const settings = { ...versionOf(serverVersion), sqlMode: new Set<string>(), characterSet: 'utf8mb4', database: schema, foldNames: false };
  const { statements, failure } = analyse(definition, { ...settings, functions: new Set() });
  const [only, ...others] = statements;
  return failure !== undefined || only === undefined || others.length > 0 ? 'unknown' : only;
}
