import type { StatementAnalysis } from '../classify/analysis.ts';
import { analyse } from '../classify/classifier.ts';
import { versionOf } from '../family.ts';
import { type Relation, Schema } from '../relay/schema.ts';
import type { OwnConnection } from '../startup/own-connection.ts';

const OWN = "TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')";
const COLUMNS_SQL = `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE ${OWN} ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`;
const VIEWS_SQL = `SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE ${OWN}`;

/** Reads a target's tables, views and columns. @throws GatewayError */
export async function readSchema(connection: OwnConnection): Promise<Schema> {
  const views = new Map<string, string>();
  for (const [schema, name, definition] of await connection.query(VIEWS_SQL)) views.set(`${schema}\0${name}`, definition ?? '');
  const relations = new Map<string, GrowingRelation>();
  for (const [schema = '', name = '', column = '', expression] of await connection.query(COLUMNS_SQL)) {
    const key = `${schema}\0${name}`;
    const relation = relations.get(key) ?? relationOf(schema ?? '', name ?? '', views.get(key), connection);
    relations.set(key, relation);
    relation.columns.push(column ?? '');
    if (expression) relation.generated.set((column ?? '').toLowerCase(), sourcesOf(expression, connection));
  }
  return new Schema([...relations.values()]);
}

interface GrowingRelation extends Relation {
  readonly columns: string[];
  readonly generated: Map<string, readonly string[] | 'unknown'>;
}

function relationOf(schema: string, name: string, definition: string | undefined, connection: OwnConnection): GrowingRelation {
  const relation = { schema, name, columns: [], generated: new Map() };
  return definition === undefined ? relation : { ...relation, view: viewOf(definition, schema, connection) };
}

/** Without the right to see it (SHOW VIEW) the definition is empty. */
function viewOf(definition: string, schema: string, connection: OwnConnection): StatementAnalysis | 'unknown' {
  return analysed(definition, schema, connection) ?? 'unknown';
}

/** The columns in a generated column's expression. MySQL writes a backslash before each quote in it. */
function sourcesOf(expression: string, connection: OwnConnection): readonly string[] | 'unknown' {
  const written = versionOf(connection.serverVersion).family === 'mysql' ? expression.replaceAll("\\'", "'") : expression;
  const [output, ...others] = analysed(`SELECT ${written}`, '', connection)?.outputs ?? [];
  if (output === undefined || others.length > 0 || output.kind === 'star') return 'unknown';
  if (output.kind !== 'expression') return [];
  return output.opaque ? 'unknown' : output.columns;
}

/** How the server itself writes a text. */
function analysed(text: string, schema: string, { serverVersion }: OwnConnection): StatementAnalysis | undefined {
  const settings = { ...versionOf(serverVersion), sqlMode: new Set<string>(), characterSet: 'utf8mb4', database: schema, foldNames: false };
  const { statements, failure } = analyse(text, { ...settings, functions: new Set() });
  const [only, ...others] = statements;
  return failure !== undefined || others.length > 0 ? undefined : only;
}
